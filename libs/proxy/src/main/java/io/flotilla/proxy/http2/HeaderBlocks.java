// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** Header blocks of HTTP/2 from messages as HTTP/1 has them (RFC 9113, section 8). */
final class HeaderBlocks {
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");
  private static final int PSEUDO = 4;

  /** Whose meaning ends with a connection of HTTP/1, or is said otherwise. */
  private static final Set<AsciiString> OF_HTTP1 =
      Set.of(
          HttpHeaderNames.CONNECTION,
          AsciiString.cached("keep-alive"),
          AsciiString.cached("proxy-connection"),
          HttpHeaderNames.TRANSFER_ENCODING,
          HttpHeaderNames.HOST,
          HttpHeaderNames.UPGRADE,
          AsciiString.cached("http2-settings"));

  private HeaderBlocks() {}

  static Http2Headers of(HttpRequest head, boolean secure) {
    HttpHeaders headers = head.headers();
    Http2Headers out = new DefaultHttp2Headers(false, headers.size() + PSEUDO);
    out.method(head.method().asciiName());
    String host = headers.get(HttpHeaderNames.HOST);
    if (host != null) {
      // Without user and password, which do not belong there (section 8.3.1).
      out.authority(host.substring(host.indexOf('@') + 1));
    }
    if (!head.method().equals(HttpMethod.CONNECT)) {
      out.scheme(secure ? HTTPS : HTTP);
      out.path(head.uri());
    }
    copy(headers, out);
    return out;
  }

  static Http2Headers of(HttpResponse head) {
    Http2Headers out = new DefaultHttp2Headers(false, head.headers().size() + 1);
    out.status(head.status().codeAsText());
    copy(head.headers(), out);
    return out;
  }

  static Http2Headers of(HttpHeaders trailers) {
    Http2Headers out = new DefaultHttp2Headers(false, trailers.size());
    copy(trailers, out);
    return out;
  }

  private static void copy(HttpHeaders from, Http2Headers to) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> each = all.next();
      AsciiString name = AsciiString.of(each.getKey()).toLowerCase();
      if (!OF_HTTP1.contains(name)
          && (!name.contentEquals(HttpHeaderNames.TE)
              || AsciiString.contentEqualsIgnoreCase(each.getValue(), "trailers"))) {
        to.add(name, each.getValue());
      }
    }
  }
}
