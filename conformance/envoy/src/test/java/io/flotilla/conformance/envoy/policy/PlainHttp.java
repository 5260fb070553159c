// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Requests of HTTP/1.1 as they are written, and their answers as they can be compared. */
final class PlainHttp {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)");
  // Of the connection, or of the moment.
  private static final List<String> OWN =
      List.of("date", "server", "x-envoy-upstream-service-time", "connection");

  private PlainHttp() {}

  /** What is answered to a request, to its end; "closed" where the connection broke. */
  static String exchange(int port, String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] some = new byte[4096];
      while (true) {
        String text = out.toString(StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        Matcher length = LENGTH.matcher(text);
        if (end >= 0
            && (length.find() && !request.startsWith("HEAD")
                ? text.length() >= end + 4 + Integer.parseInt(length.group(1))
                : text.endsWith("0\r\n\r\n")
                    || text.contains(" 204 ")
                    || request.startsWith("HEAD"))) {
          return text;
        }
        int n = socket.getInputStream().read(some);
        if (n < 0) {
          return text;
        }
        out.write(some, 0, n);
      }
    } catch (SocketException e) {
      return "closed";
    }
  }

  /** An answer without what belongs to the connection and to the moment, its headers sorted. */
  static String normal(String answer) {
    int end = answer.indexOf("\r\n\r\n");
    if (end < 0) {
      return answer;
    }
    String[] head = answer.substring(0, end).split("\r\n");
    return head[0].replaceAll("^(HTTP/1.1 \\d+).*", "$1")
        + java.util.Arrays.stream(head)
            .skip(1)
            .map(
                line ->
                    line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT)
                        + line.substring(line.indexOf(':')))
            .filter(line -> !OWN.contains(line.substring(0, line.indexOf(':'))))
            .sorted()
            .collect(Collectors.joining("|", "|", "|"))
        + answer.substring(end + 4);
  }
}
