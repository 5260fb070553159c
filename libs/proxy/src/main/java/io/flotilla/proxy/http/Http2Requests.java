// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.internal.Http2Counters;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Turns the frames of a stream into a request, and an answer into frames. A malformed request (RFC
 * 9113, section 8.1.1) resets its stream, so that nothing of it is forwarded.
 */
final class Http2Requests extends Http2StreamFrameToHttpObjectCodec {
  private static final int NONCE = 16;

  private final Http2Counters counters;
  private boolean head;
  private boolean malformed;
  // A head that says that no body follows, until that has shown to be true.
  private @Nullable HttpRequest announcesNothing;

  Http2Requests(Http2Counters counters) {
    super(true);
    this.counters = counters;
  }

  @Override
  protected void decode(ChannelHandlerContext context, Http2StreamFrame frame, List<Object> out) {
    if (malformed) {
      return;
    }
    if (frame instanceof Http2HeadersFrame headers) {
      if (head) {
        trailers(context, headers, out);
      } else {
        head(context, headers, out);
      }
    } else if (frame instanceof Http2DataFrame data) {
      if (announcesNothing != null) {
        if (data.content().isReadable()) {
          refuse(context);
          return;
        }
        if (!data.isEndStream()) {
          return;
        }
        out.add(announcesNothing);
        announcesNothing = null;
      }
      out.add(
          data.isEndStream()
              ? new DefaultLastHttpContent(data.content().retain())
              : new DefaultHttpContent(data.content().retain()));
    }
  }

  private void head(ChannelHandlerContext context, Http2HeadersFrame frame, List<Object> out) {
    Http2Headers from = frame.headers();
    if (!Http2HeadRules.isRequest(from)) {
      refuse(context);
      return;
    }
    head = true;
    CharSequence protocol = from.get(":protocol");
    // As HTTP/1 asks for the same (RFC 8441, section 5): nothing else of HTTP/2 has these headers.
    HttpMethod method =
        protocol == null ? HttpMethod.valueOf(from.method().toString()) : HttpMethod.GET;
    Optional<String> authority = Http2HeadRules.authority(from);
    String path = from.path() == null ? authority.orElse("") : from.path().toString();
    HttpRequest request =
        frame.isEndStream()
            ? new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, path, Unpooled.EMPTY_BUFFER)
            : new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, path);
    HttpHeaders to = request.headers();
    authority.ifPresent(a -> to.add(HttpHeaderNames.HOST, a));
    StringBuilder cookies = new StringBuilder();
    for (Map.Entry<CharSequence, CharSequence> each : from) {
      String name = each.getKey().toString();
      if (name.equals("cookie")) {
        // Crumbs are one header again (RFC 9113, section 8.2.3).
        cookies.append(cookies.isEmpty() ? "" : "; ").append(each.getValue());
      } else if (!name.startsWith(":") && !name.equals("host")) {
        to.add(name, each.getValue());
      }
    }
    if (!cookies.isEmpty()) {
      to.add(HttpHeaderNames.COOKIE, cookies.toString());
    }
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
    } else if (!frame.isEndStream() && !to.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      to.add(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    }
    if (!frame.isEndStream() && "0".equals(to.get(HttpHeaderNames.CONTENT_LENGTH))) {
      announcesNothing = request;
    } else {
      out.add(request);
    }
  }

  private void trailers(ChannelHandlerContext context, Http2HeadersFrame frame, List<Object> out) {
    if (!frame.isEndStream() || !Http2HeadRules.areTrailers(frame.headers())) {
      refuse(context);
      return;
    }
    if (announcesNothing != null) {
      out.add(announcesNothing);
      announcesNothing = null;
    }
    LastHttpContent last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    frame.headers().forEach(each -> last.trailingHeaders().add(each.getKey(), each.getValue()));
    out.add(last);
  }

  private void refuse(ChannelHandlerContext context) {
    malformed = true;
    counters.countMalformed();
    context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR));
  }
}
