// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

record TestAccess(
    Map<String, String> headers,
    InetAddress remote,
    int destinationPort,
    String serverName,
    @Nullable List<String> principals,
    Map<String, Object> claims)
    implements AccessView {
  static TestAccess get(String path) {
    return new TestAccess(
        Map.of(":method", "GET", ":path", path, ":authority", "ratings"),
        InetAddress.ofLiteral("10.1.2.3"),
        9080,
        "",
        null,
        Map.of());
  }

  static TestAccess connection() {
    return new TestAccess(Map.of(), InetAddress.ofLiteral("10.1.2.3"), 9080, "", null, Map.of());
  }

  TestAccess with(String name, String value) {
    Map<String, String> all = new HashMap<>(headers);
    all.put(name, value);
    return new TestAccess(all, remote, destinationPort, serverName, principals, claims);
  }

  TestAccess by(String... names) {
    return new TestAccess(headers, remote, destinationPort, serverName, List.of(names), claims);
  }

  TestAccess from(String address) {
    return new TestAccess(
        headers, InetAddress.ofLiteral(address), destinationPort, serverName, principals, claims);
  }

  TestAccess claiming(Map<String, Object> payload) {
    return new TestAccess(
        headers, remote, destinationPort, serverName, principals, Map.of("payload", payload));
  }

  @Override
  public List<String> header(String name) {
    return headers.containsKey(name) ? List.of(headers.get(name).split("\\|")) : List.of();
  }

  @Override
  public InetAddress destination() {
    return InetAddress.ofLiteral("10.0.0.9");
  }

  @Override
  public InetAddress directRemote() {
    return remote;
  }

  @Override
  public @Nullable Object metadata(String filter) {
    return filter.equals("jwt") ? claims : null;
  }

  @Override
  public @Nullable String filterState(String key) {
    return null;
  }
}
