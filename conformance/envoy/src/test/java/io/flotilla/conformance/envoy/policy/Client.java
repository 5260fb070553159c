// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** A connection to Envoy, announced by the PROXY protocol, and what is asked over it. */
final class Client implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  Client(int port, Asked.Connection about, Identities identities)
      throws IOException, GeneralSecurityException {
    Socket plain = new Socket();
    plain.setTcpNoDelay(true);
    plain.setSoTimeout(10_000);
    plain.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
    plain
        .getOutputStream()
        .write(
            ("PROXY TCP4 %s %s 4000 %d\r\n"
                    .formatted(about.source(), about.destination(), about.port()))
                .getBytes(StandardCharsets.US_ASCII));
    if (about.tls()) {
      SSLSocket tls =
          (SSLSocket)
              identities
                  .client(about.uri())
                  .getSocketFactory()
                  .createSocket(plain, "localhost", port, true);
      SSLParameters parameters = tls.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(about.sni())));
      tls.setSSLParameters(parameters);
      tls.startHandshake();
      socket = tls;
    } else {
      socket = plain;
    }
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** Sends a request; the answer's status, or empty when the connection ended. */
  Optional<Integer> ask(Asked.Http request, String token, long number) throws IOException {
    StringBuilder head = new StringBuilder();
    head.append(request.method()).append(' ').append(request.path()).append(" HTTP/1.1\r\n");
    head.append("host: ").append(request.host()).append("\r\nx-case: ").append(number);
    request.headers().forEach((n, v) -> head.append("\r\n").append(n).append(": ").append(v));
    if (!token.isEmpty()) {
      head.append("\r\nauthorization: Bearer ").append(token);
    }
    head.append("\r\n\r\n");
    try {
      socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return answer(request.method().equals("HEAD"));
    } catch (java.net.SocketException e) {
      return Optional.empty();
    }
  }

  private Optional<Integer> answer(boolean bodiless) throws IOException {
    String status = line();
    if (status.isEmpty()) {
      return Optional.empty();
    }
    int length = 0;
    for (String line = line(); !line.isEmpty(); line = line()) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    if (!bodiless) {
      in.readNBytes(length);
    }
    return Optional.of(Integer.parseInt(status.split(" ")[1]));
  }

  private String line() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        out.write(c);
      }
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  /**
   * Sends bytes, enough of them that nobody takes them for a beginning of TLS; whether any come
   * back.
   */
  boolean echoes() {
    try {
      socket.getOutputStream().write("x".repeat(64).getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return in.read() >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
