// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A real resolver: dnsmasq with a zone of its own. */
final class Dnsmasq implements AutoCloseable {
  private static final int TRIES = 10;

  private final Process process;
  private final InetSocketAddress address;

  private Dnsmasq(Process process, InetSocketAddress address) {
    this.process = process;
    this.address = address;
  }

  /** Whether there is one on this machine. */
  static boolean isThere() {
    try {
      Process process =
          new ProcessBuilder("dnsmasq", "--version").redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Starts one that knows only what {@code options} say; returns once it listens. */
  static Dnsmasq start(String... options) throws IOException {
    String said = "";
    for (int i = 0; i < TRIES; i++) {
      int port = freePort();
      List<String> command =
          new ArrayList<>(
              List.of(
                  "dnsmasq",
                  "--keep-in-foreground",
                  "--conf-file=/dev/null",
                  "--pid-file=",
                  "--no-resolv",
                  "--no-hosts",
                  "--bind-interfaces",
                  "--listen-address=127.0.0.1",
                  "--log-facility=-",
                  "--user=" + System.getProperty("user.name"),
                  "--port=" + port));
      command.addAll(Arrays.asList(options));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      BufferedReader lines = process.inputReader();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said = line;
        if (line.contains("started")) {
          Thread.ofVirtual().start(() -> lines.lines().forEach(l -> {}));
          return new Dnsmasq(
              process, new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        }
      }
      // Somebody else took the port meanwhile.
      process.destroyForcibly();
    }
    throw new IOException("dnsmasq does not start: " + said);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  InetSocketAddress address() {
    return address;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
