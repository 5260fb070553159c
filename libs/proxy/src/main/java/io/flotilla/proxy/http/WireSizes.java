// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.format.Operator;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes an exchange took in HTTP/1.1's form, as Envoy counts them: header bytes are those
 * of the header lines; of what was received, less one a line. Other forms of the same exchange,
 * HPACK or chunks as the peer cut them, are counted as if they were this one.
 */
final class WireSizes {
  // " HTTP/1.1" and the line's end.
  private static final int VERSION = 11;
  private static final int LINE_END = 2;

  private final long requestHeaders;
  private final long requestHead;
  private long answerHeaders;
  private long answerHead;
  private long chunks;
  private int attempts;
  private long sentHeaders;
  private long sentHead;

  WireSizes(HttpRequest received) {
    long lines = lines(received.headers(), 4);
    requestHeaders = lines(received.headers(), 3);
    requestHead =
        received.method().name().length()
            + 1
            + received.uri().length()
            + VERSION
            + lines
            + LINE_END;
  }

  /** What goes upstream, once an attempt. */
  void sent(HttpRequest head) {
    long lines = lines(head.headers(), 4);
    attempts++;
    sentHeaders += lines;
    sentHead +=
        head.method().name().length() + 1 + head.uri().length() + VERSION + lines + LINE_END;
  }

  /** What the upstream answered, as it came. */
  void answer(HttpResponse received) {
    answerHeaders += lines(received.headers(), 3);
    answerHead += statusLine(received.status()) + lines(received.headers(), 4) + LINE_END;
  }

  /** A part of the answer's body. */
  void chunk(int size) {
    if (size > 0) {
      chunks += Integer.toHexString(size).length() + 2L * LINE_END;
    }
  }

  long of(
      Operator operator,
      long requestBytes,
      long responseBytes,
      int status,
      @Nullable HttpHeaders sentDown) {
    return switch (operator) {
      case DOWNSTREAM_WIRE_BYTES_RECEIVED -> requestHead + requestBytes;
      case DOWNSTREAM_HEADER_BYTES_RECEIVED, DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED ->
          requestHeaders;
      case DOWNSTREAM_WIRE_BYTES_SENT ->
          sentDown == null
              ? 0
              : statusLine(HttpResponseStatus.valueOf(status))
                  + lines(sentDown, 4)
                  + LINE_END
                  + responseBytes
                  + ("chunked".equals(sentDown.get("transfer-encoding")) ? chunks + 5 : 0);
      case DOWNSTREAM_HEADER_BYTES_SENT, DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT ->
          sentDown == null ? 0 : lines(sentDown, 4);
      case UPSTREAM_WIRE_BYTES_RECEIVED -> answerHead == 0 ? 0 : answerHead + responseBytes;
      case UPSTREAM_HEADER_BYTES_RECEIVED, UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED ->
          answerHeaders;
      case UPSTREAM_WIRE_BYTES_SENT -> sentHead + attempts * requestBytes;
      case UPSTREAM_HEADER_BYTES_SENT, UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT -> sentHeaders;
      default -> 0;
    };
  }

  private static long statusLine(HttpResponseStatus status) {
    // "HTTP/1.1 200 ", the reason, the line's end.
    return 13L + status.reasonPhrase().length() + LINE_END;
  }

  private static long lines(HttpHeaders headers, int each) {
    long sum = 0;
    for (Map.Entry<String, String> header : headers) {
      sum += header.getKey().length() + header.getValue().length() + each;
    }
    return sum;
  }
}
