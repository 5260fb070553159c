// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Makes the head of a request, as HTTP/1 would say it, from a block of headers of HTTP/2. */
final class Http2Requests {
  private static final int NONCE = 16;
  // The names that come are looked at before; a value may come later, as from a token's claim.
  private static final DefaultHttpHeadersFactory HEADERS =
      DefaultHttpHeadersFactory.headersFactory().withNameValidation(false);

  private Http2Requests() {}

  /**
   * The request; null: it is malformed.
   *
   * @param whole whether nothing follows the head
   */
  static @Nullable HttpRequest head(Http2Headers from, boolean whole) {
    if (!Http2HeadRules.isRequest(from)) {
      return null;
    }
    CharSequence protocol = from.get(":protocol");
    // As HTTP/1 asks for the same (RFC 8441, section 5): nothing else of HTTP/2 has these headers.
    HttpMethod method =
        protocol == null ? HttpMethod.valueOf(from.method().toString()) : HttpMethod.GET;
    CharSequence authority = Http2HeadRules.authority(from);
    String path =
        from.path() != null
            ? from.path().toString()
            : authority == null ? "" : authority.toString();
    HttpHeaders to = HEADERS.newHeaders();
    if (authority != null) {
      to.add(HttpHeaderNames.HOST, authority.toString());
    }
    copy(from, to);
    if (protocol != null) {
      // What follows belongs to the other protocol, however long it is said to be.
      to.remove(HttpHeaderNames.CONTENT_LENGTH);
      to.set(HttpHeaderNames.UPGRADE, protocol);
      to.set(HttpHeaderNames.CONNECTION, "Upgrade");
      if (!to.contains("sec-websocket-key")) {
        byte[] nonce = new byte[NONCE];
        ThreadLocalRandom.current().nextBytes(nonce);
        to.set("sec-websocket-key", Base64.getEncoder().encodeToString(nonce));
      }
    } else if (method.equals(HttpMethod.CONNECT)) {
      to.remove(HttpHeaderNames.CONTENT_LENGTH);
    } else if (!whole && !to.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      to.add(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    }
    return new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, path, to);
  }

  private static void copy(Http2Headers from, HttpHeaders to) {
    StringBuilder cookies = null;
    for (Map.Entry<CharSequence, CharSequence> each : from) {
      AsciiString name = AsciiString.of(each.getKey());
      if (name.charAt(0) == ':' || name.contentEquals(HttpHeaderNames.HOST)) {
        continue;
      }
      if (name.contentEquals(HttpHeaderNames.COOKIE)) {
        // Crumbs are one header again (RFC 9113, section 8.2.3).
        if (cookies == null) {
          cookies = new StringBuilder();
        } else {
          cookies.append("; ");
        }
        cookies.append(each.getValue());
      } else {
        to.add(name, each.getValue());
      }
    }
    if (cookies != null) {
      to.add(HttpHeaderNames.COOKIE, cookies.toString());
    }
  }

  /** Whether the head says that no body follows. */
  static boolean announcesNothing(HttpRequest head) {
    return "0".equals(head.headers().get(HttpHeaderNames.CONTENT_LENGTH));
  }
}
