// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A server that speaks first, as those of mail and of MySQL do: {@code main PORT}. */
final class Greeter implements AutoCloseable {
  /** What it says. */
  static final String GREETING = "220 greetings";

  private final Process process;

  private Greeter(Process process) {
    this.process = process;
  }

  /** Starts one in {@code namespace}; returns once it listens. */
  static Greeter start(Namespace namespace, int port) throws IOException {
    Process process =
        namespace.start(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx32m",
            "-cp",
            Path.of("target", "test-classes").toAbsolutePath().toString(),
            Greeter.class.getName(),
            String.valueOf(port));
    BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = said.readLine();
    if (!"listening".equals(line)) {
      process.destroyForcibly();
      throw new IOException("the greeter does not listen: " + line);
    }
    return new Greeter(process);
  }

  /** See the class. */
  public static void main(String[] args) throws IOException {
    try (ServerSocket server = new ServerSocket(Integer.parseInt(args[0]))) {
      System.out.println("listening");
      while (true) {
        try (Socket client = server.accept()) {
          client.getOutputStream().write((GREETING + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }
      }
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
