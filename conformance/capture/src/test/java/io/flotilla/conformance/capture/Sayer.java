// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Says a word to whoever connects, one word a port: {@code main PORT=WORD...}. */
final class Sayer implements AutoCloseable {
  private final Process process;

  private Sayer(Process process) {
    this.process = process;
  }

  /** Starts one in {@code namespace}; returns once it listens on all ports, of both families. */
  static Sayer start(Namespace namespace, String... words) throws IOException {
    Process process = namespace.java(Sayer.class, words);
    BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
    String line = said.readLine();
    if (!"listening".equals(line)) {
      process.destroyForcibly();
      throw new IOException("the sayer does not listen: " + line);
    }
    return new Sayer(process);
  }

  /** See the class. */
  public static void main(String[] args) throws IOException {
    for (String each : args) {
      int equals = each.indexOf('=');
      ServerSocket server = new ServerSocket(Integer.parseInt(each.substring(0, equals)));
      byte[] word = (each.substring(equals + 1) + "\n").getBytes(StandardCharsets.US_ASCII);
      Thread.ofPlatform().start(() -> serve(server, word));
    }
    System.out.println("listening");
  }

  private static void serve(ServerSocket server, byte[] word) {
    while (true) {
      try (Socket client = server.accept()) {
        client.getOutputStream().write(word);
      } catch (IOException e) {
        // One client that went away is no reason not to serve the next.
        continue;
      }
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
