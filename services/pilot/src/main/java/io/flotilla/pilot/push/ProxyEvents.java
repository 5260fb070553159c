// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.push;

import io.flotilla.shell.EventOutbox;
import io.flotilla.shell.MeshEvent;
import io.flotilla.xds.server.ConnectedProxy;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Facts on the channel {@code proxy-events}: {@code io.flotilla.proxy.connected}, {@code
 * .acknowledged}, {@code .refused}, {@code .gone}; the subject is the node id.
 */
@ApplicationScoped
public class ProxyEvents {
  private static final String TYPE = "io.flotilla.proxy.";
  private static final String SOURCE = "/pilot";

  private final EventOutbox outbox;

  public ProxyEvents(ProxyChannel channel) {
    this.outbox = new EventOutbox("proxy-events", channel::send);
  }

  void connected(ConnectedProxy proxy) {
    send("connected", proxy, data(proxy));
  }

  /** {@code configRevision} is Galley's, {@code revision} the graph's. */
  void acknowledged(ConnectedProxy proxy, long revision, long configRevision) {
    Map<String, Object> data = data(proxy);
    data.put("revision", revision);
    data.put("configRevision", configRevision);
    send("acknowledged", proxy, data);
  }

  void refused(ConnectedProxy proxy, String typeUrl, String name, String reason) {
    Map<String, Object> data = data(proxy);
    data.put("typeUrl", typeUrl);
    data.put("name", name);
    data.put("reason", reason);
    send("refused", proxy, data);
  }

  void gone(ConnectedProxy proxy) {
    send("gone", proxy, data(proxy));
  }

  private static Map<String, Object> data(ConnectedProxy proxy) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node", proxy.node().id());
    data.put("namespace", proxy.node().namespace());
    data.put("name", proxy.node().name());
    data.put("type", proxy.node().type().word());
    data.put("userAgent", proxy.node().userAgent());
    return data;
  }

  private void send(String kind, ConnectedProxy proxy, Map<String, Object> data) {
    outbox.offer(MeshEvent.of(TYPE + kind, SOURCE, proxy.node().id(), data));
  }

  @PreDestroy
  void close() {
    outbox.close();
  }
}
