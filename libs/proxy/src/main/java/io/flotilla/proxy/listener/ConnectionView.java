// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.proxy.internal.Downstream;
import io.flotilla.rules.policy.AccessView;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What access rules see of a connection. */
record ConnectionView(Downstream downstream) implements AccessView {
  @Override
  public List<String> header(String name) {
    return List.of();
  }

  @Override
  public InetAddress destination() {
    return downstream.original().getAddress();
  }

  @Override
  public int destinationPort() {
    return downstream.original().getPort();
  }

  @Override
  public InetAddress directRemote() {
    return downstream.remote().getAddress();
  }

  @Override
  public InetAddress remote() {
    return downstream.remote().getAddress();
  }

  @Override
  public String serverName() {
    return downstream.serverName();
  }

  @Override
  public @Nullable List<String> principals() {
    return downstream.principals();
  }

  @Override
  public @Nullable Object metadata(String filter) {
    return null;
  }

  @Override
  public @Nullable String filterState(String key) {
    return key.equals("io.istio.peer_principal") ? downstream.peer().orElse(null) : null;
  }
}
