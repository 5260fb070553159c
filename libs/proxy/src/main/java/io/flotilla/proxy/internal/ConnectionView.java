// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.flotilla.rules.policy.AccessView;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What access rules see of a connection. */
public class ConnectionView implements AccessView {
  private final Downstream downstream;

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
  public @Nullable Object metadata(String filter) {
    return null;
  }

  @Override
  public final @Nullable String filterState(String key) {
    return key.equals("io.istio.peer_principal") ? downstream.peer().orElse(null) : null;
  }
}
