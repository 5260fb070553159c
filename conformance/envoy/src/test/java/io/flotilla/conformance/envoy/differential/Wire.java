// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** HTTP/1.1 as it is on the wire: nothing added, nothing hidden. One connection that is kept. */
final class Wire implements AutoCloseable {
  private final InetSocketAddress to;
  private final InetAddress from;
  private @Nullable Socket socket;
  private @Nullable InputStream in;
  private String last = "nothing";

  Wire(InetSocketAddress to, InetAddress from) {
    this.to = to;
    this.from = from;
  }

  /** One header line. */
  record Field(String name, String value) {}

  /** A request as it is written; the content's length is told where there is content. */
  record Request(String method, String target, List<Field> headers, String body) {
    byte[] bytes() {
      StringBuilder b = new StringBuilder(512);
      b.append(method).append(' ').append(target).append(" HTTP/1.1\r\n");
      for (Field f : headers) {
        b.append(f.name()).append(": ").append(f.value()).append("\r\n");
      }
      if (!body.isEmpty()) {
        b.append("content-length: ").append(body.length()).append("\r\n");
      }
      return b.append("\r\n").append(body).toString().getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  /** An answer as it was read. */
  record Answer(int status, List<Field> headers, String body) {
    @Nullable String header(String name) {
      for (Field f : headers) {
        if (f.name().equalsIgnoreCase(name)) {
          return f.value();
        }
      }
      return null;
    }
  }

  /** The head of a message: its first line, then its headers. */
  record Head(String first, List<Field> headers) {
    @Nullable String header(String name) {
      for (Field f : headers) {
        if (f.name().equalsIgnoreCase(name)) {
          return f.value();
        }
      }
      return null;
    }
  }

  /** Sends, and reads the answer; a connection that was closed in between is made anew once. */
  Answer send(Request request) throws IOException {
    boolean fresh = socket == null;
    try {
      return attempt(request);
    } catch (IOException e) {
      close();
      if (fresh) {
        throw e;
      }
      return attempt(request);
    }
  }

  private Answer attempt(Request request) throws IOException {
    Socket s = socket;
    if (s == null) {
      s = new Socket();
      s.bind(new InetSocketAddress(from, 0));
      s.setTcpNoDelay(true);
      s.setSoTimeout(20_000);
      s.connect(to, 5_000);
      socket = s;
      in = new BufferedInputStream(s.getInputStream(), 8192);
    }
    InputStream source = java.util.Objects.requireNonNull(in);
    s.getOutputStream().write(request.bytes());
    s.getOutputStream().flush();
    Head head = readHead(source);
    while (head.first().startsWith("HTTP/1.1 1")) {
      head = readHead(source);
    }
    if (!head.first().startsWith("HTTP/1.1 ")) {
      throw new AssertionError("an answer began with '" + head.first() + "', after " + last);
    }
    int status = Integer.parseInt(head.first().substring(9, 12));
    last = request + " was answered by " + head;
    boolean bodiless = request.method().equals("HEAD") || status == 204 || status == 304;
    String body = bodiless ? "" : readBody(source, head);
    if ("close".equalsIgnoreCase(head.header("connection"))) {
      close();
    }
    return new Answer(status, head.headers(), body);
  }

  /** Reads up to the empty line. */
  static Head readHead(InputStream in) throws IOException {
    String first = line(in);
    List<Field> headers = new ArrayList<>();
    for (String l = line(in); !l.isEmpty(); l = line(in)) {
      int colon = l.indexOf(':');
      headers.add(
          new Field(
              l.substring(0, colon).toLowerCase(Locale.ROOT), l.substring(colon + 1).strip()));
    }
    return new Head(first, headers);
  }

  /** Reads what the head announces. */
  static String readBody(InputStream in, Head head) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String length = head.header("content-length");
    if (length != null) {
      out.writeBytes(in.readNBytes(Integer.parseInt(length)));
    } else if ("chunked".equalsIgnoreCase(head.header("transfer-encoding"))) {
      int size = Integer.parseInt(line(in), 16);
      while (size > 0) {
        out.writeBytes(in.readNBytes(size));
        line(in);
        size = Integer.parseInt(line(in), 16);
      }
      for (String l = line(in); !l.isEmpty(); l = line(in)) {
        continue;
      }
    } else if (head.first().startsWith("HTTP/")) {
      out.writeBytes(in.readAllBytes());
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder b = new StringBuilder(64);
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection ended in the middle of a message");
      }
      if (c != '\r') {
        b.append((char) c);
      }
    }
    return b.toString();
  }

  @Override
  public void close() {
    Socket s = socket;
    socket = null;
    if (s != null) {
      try {
        s.close();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
