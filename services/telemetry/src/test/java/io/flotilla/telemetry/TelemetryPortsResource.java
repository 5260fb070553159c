// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Telemetry on ports that are free, with channels that end in memory. */
public class TelemetryPortsResource implements QuarkusTestResourceLifecycleManager {
  private static final String[] PORTS = {
    "otlp-grpc",
    "otlp-http",
    "zipkin",
    "jaeger-grpc",
    "jaeger-http",
    "jaeger-compact",
    "jaeger-binary",
    "jaeger-sampling",
    "jaeger-query",
    "jaeger-query-grpc",
    "tempo",
    "prometheus"
  };

  @Override
  public Map<String, String> start() {
    Map<String, String> config = new HashMap<>();
    config.put("quarkus.http.test-port", "0");
    for (String channel : List.of("config-events", "proxy-events", "certificate-events")) {
      config.put("mp.messaging.incoming." + channel + ".connector", "smallrye-in-memory");
    }
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (String port : PORTS) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        held.add(socket);
        config.put("flotilla.telemetry.ports." + port, Integer.toString(socket.getLocalPort()));
      }
      for (ServerSocket socket : held) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return config;
  }

  @Override
  public void stop() {}
}
