// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.flotilla.rules.policy.AccessView;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What access rules see of a connection. */
public class ConnectionView implements AccessView {
  private final Downstream downstream;
  private final Map<String, Object> metadata = new HashMap<>();

  public ConnectionView(Downstream downstream) {
    this.downstream = downstream;
  }

  @Override
  public List<String> header(String name) {
    return List.of();
  }

  @Override
  public final InetAddress destination() {
    return downstream.original().getAddress();
  }

  @Override
  public final int destinationPort() {
    return downstream.original().getPort();
  }

  @Override
  public final InetAddress directRemote() {
    return downstream.remote().getAddress();
  }

  @Override
  public InetAddress remote() {
    return directRemote();
  }

  @Override
  public final String serverName() {
    return downstream.serverName();
  }

  @Override
  public final @Nullable List<String> principals() {
    return downstream.principals();
  }

  @Override
  public final @Nullable Object metadata(String filter) {
    return metadata.get(filter);
  }

  /** Notes values for later filters, beside what the filter noted before. */
  public final void addMetadata(String filter, Map<String, ?> values) {
    Map<String, Object> all = new HashMap<>();
    if (metadata.get(filter) instanceof Map<?, ?> known) {
      known.forEach((k, v) -> all.put((String) k, v));
    }
    all.putAll(values);
    metadata.put(filter, all);
  }

  @Override
  public final @Nullable String filterState(String key) {
    return key.equals("io.istio.peer_principal") ? downstream.peer().orElse(null) : null;
  }
}
