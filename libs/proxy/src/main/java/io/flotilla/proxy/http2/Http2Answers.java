// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes answers, as HTTP/1 would say them, from blocks of headers of HTTP/2. */
public final class Http2Answers {
  private static final DefaultHttpHeadersFactory UNCHECKED =
      DefaultHttpHeadersFactory.headersFactory().withValidation(false);
  private static final int DIGITS = 3;

  private Http2Answers() {}

  /** Whether another answer follows it. */
  public static boolean isInformational(HttpResponse head) {
    return head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
  }

  /**
   * The head of an answer; null: it is malformed (RFC 9113, section 8.3.2).
   *
   * @param whole whether nothing follows the head
   */
  public static @Nullable HttpResponse head(Http2Headers from, boolean whole) {
    int status = status(from.status());
    if (status < 0) {
      return null;
    }
    // What is in them is looked at on the way.
    HttpHeaders to = UNCHECKED.newHeaders();
    for (Map.Entry<CharSequence, CharSequence> each : from) {
      AsciiString name = AsciiString.of(each.getKey());
      if (!name.contentEquals(Http2Headers.PseudoHeaderName.STATUS.value())) {
        if (!Http2Fields.isField(name, each.getValue())) {
          return null;
        }
        to.add(name, each.getValue());
      }
    }
    HttpResponseStatus code = HttpResponseStatus.valueOf(status);
    if (whole || code.codeClass() == HttpStatusClass.INFORMATIONAL) {
      return new DefaultFullHttpResponse(
          HttpVersion.HTTP_1_1,
          code,
          Unpooled.EMPTY_BUFFER,
          to,
          LastHttpContent.EMPTY_LAST_CONTENT.trailingHeaders());
    }
    if (status != 204 && status != 304 && !to.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      to.add(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    }
    return new DefaultHttpResponse(HttpVersion.HTTP_1_1, code, to);
  }

  /** The end of an answer; null: it is malformed. */
  public static @Nullable LastHttpContent trailers(Http2Headers from) {
    LastHttpContent last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    for (Map.Entry<CharSequence, CharSequence> each : from) {
      AsciiString name = AsciiString.of(each.getKey());
      if (!Http2Fields.isField(name, each.getValue())) {
        return null;
      }
      if (!name.contentEquals(HttpHeaderNames.CONTENT_LENGTH)
          && !name.contentEquals(HttpHeaderNames.TRAILER)) {
        last.trailingHeaders().add(name, each.getValue());
      }
    }
    return last;
  }

  private static int status(@Nullable CharSequence text) {
    if (text == null || text.length() != DIGITS) {
      return -1;
    }
    int status = 0;
    for (int i = 0; i < DIGITS; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      status = status * 10 + digit;
    }
    return status < 100 ? -1 : status;
  }
}
