// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.jaeger.JaegerThriftCodec;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;

/**
 * The ports of Jaeger's agent: one packet is one batch. UDP has no answers, so that what is refused
 * shows in the counters alone. Each port costs one virtual thread; packets beyond those being
 * stored are dropped and counted.
 */
@ApplicationScoped
public class JaegerAgentReceiver {
  private static final Logger LOG = Logger.getLogger(JaegerAgentReceiver.class);
  private static final int LARGEST_PACKET = 65_507;
  private static final int KERNEL_BUFFER = 1 << 20;
  private static final int PACKETS_AT_ONCE = 512;

  private final TelemetryConfig config;
  private final JaegerThriftCodec codec;
  private final SpanDistributor distributor;
  private final Tenants tenants;
  private final Semaphore free = new Semaphore(PACKETS_AT_ONCE);
  private final List<DatagramSocket> sockets = new ArrayList<>(2);

  JaegerAgentReceiver(
      TelemetryConfig config,
      JaegerThriftCodec codec,
      SpanDistributor distributor,
      Tenants tenants) {
    this.config = config;
    this.codec = codec;
    this.distributor = distributor;
    this.tenants = tenants;
  }

  void open(@Observes StartupEvent started) {
    open(config.ports().jaegerCompact(), true);
    open(config.ports().jaegerBinary(), false);
  }

  private void open(int port, boolean compact) {
    if (port == 0) {
      return;
    }
    String name = compact ? "jaeger-compact" : "jaeger-binary";
    try {
      DatagramSocket socket = new DatagramSocket(new InetSocketAddress(config.host(), port));
      socket.setReceiveBufferSize(KERNEL_BUFFER);
      sockets.add(socket);
      Thread.ofVirtual().name(name).start(() -> receive(socket, name, compact));
      LOG.infof("Jaeger's agent (%s) listens on %s:%d, UDP", name, config.host(), port);
    } catch (SocketException e) {
      throw new IllegalStateException(
          "Jaeger's agent cannot listen on UDP "
              + config.host()
              + ":"
              + port
              + ": "
              + e.getMessage()
              + "; free the port or set flotilla.telemetry.ports."
              + name,
          e);
    }
  }

  private void receive(DatagramSocket socket, String name, boolean compact) {
    DatagramPacket packet = new DatagramPacket(new byte[LARGEST_PACKET], LARGEST_PACKET);
    while (!socket.isClosed()) {
      try {
        packet.setLength(LARGEST_PACKET);
        socket.receive(packet);
      } catch (IOException e) {
        if (!socket.isClosed()) {
          LOG.warnf("%s: a packet could not be read: %s", name, e.getMessage());
        }
        continue;
      }
      if (!free.tryAcquire()) {
        distributor.refused(name, "overload");
        continue;
      }
      byte[] bytes = Arrays.copyOf(packet.getData(), packet.getLength());
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  take(bytes, name, compact);
                } finally {
                  free.release();
                }
              });
    }
  }

  private void take(byte[] packet, String name, boolean compact) {
    try {
      distributor.distribute(name, tenants.of(null), codec.decodePacket(packet, compact));
    } catch (MalformedSpansException e) {
      distributor.refused(name, "malformed");
    } catch (UnknownTenantException e) {
      distributor.refused(name, "no-tenant");
    } catch (RefusedException e) {
      // Counted by the distributor, and nobody waits for an answer.
      LOG.debugf("%s: a packet is refused: %s", name, e.getMessage());
    }
  }

  void close(@Observes ShutdownEvent stopping) {
    sockets.forEach(DatagramSocket::close);
  }
}
