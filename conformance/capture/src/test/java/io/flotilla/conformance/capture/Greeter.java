// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

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
    Process process = namespace.java(Greeter.class, String.valueOf(port));
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
