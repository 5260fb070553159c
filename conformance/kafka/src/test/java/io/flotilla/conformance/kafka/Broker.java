// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.kafka;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A Kafka broker of one node (KRaft) in a process of its own, with its data in a folder. */
final class Broker implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk";

  private final Path folder;
  private final int port;
  private final int controllerPort;
  private Process process;

  private Broker(Path folder, int port, int controllerPort) {
    this.folder = folder;
    this.port = port;
    this.controllerPort = controllerPort;
  }

  static Broker start(Path folder) throws Exception {
    Broker broker = new Broker(folder, freePort(), freePort());
    Files.writeString(broker.settings(), broker.properties());
    Process format =
        broker.java(
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            CLUSTER,
            "--config",
            broker.settings().toString());
    if (format.waitFor() != 0) {
      throw new IOException("Kafka's folder cannot be formatted: " + broker.log());
    }
    broker.start();
    return broker;
  }

  /** "127.0.0.1:port". */
  String address() {
    return "127.0.0.1:" + port;
  }

  /** Starts it, at first or again, and waits until it accepts connections. */
  void start() throws Exception {
    process = java("kafka.Kafka", settings().toString());
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!accepts()) {
      if (!process.isAlive() || Instant.now().isAfter(deadline)) {
        throw new IOException("Kafka did not start: " + log());
      }
      Thread.sleep(100);
    }
  }

  /** Kills it; its data stays. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private boolean accepts() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private Path settings() {
    return folder.resolve("server.properties");
  }

  private String properties() {
    return """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%2$d
        listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
        controller.listener.names=CONTROLLER
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
        log.dirs=%3$s
        num.partitions=1
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        group.initial.rebalance.delay.ms=0
        num.network.threads=1
        num.io.threads=2
        """
        .formatted(port, controllerPort, folder.resolve("data"));
  }

  private Process java(String main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-cp",
                Path.of("target", "kafka").toAbsolutePath() + "/*",
                main));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() throws Exception {
    process.destroy();
    process.waitFor();
  }
}
