// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call of gRPC-Web, turned into one of gRPC and back (gRPC, "PROTOCOL-WEB.md"): trailers become
 * the last frame of the answer's body, and of text both bodies are in base64.
 */
final class GrpcWebBridge {
  private static final String TYPE = "application/grpc-web";
  private static final String TEXT = "application/grpc-web-text";
  private static final int TRAILERS_FRAME = 0x80;
  private static final int GROUP = 4;

  private final boolean textRequest;
  private final boolean textAnswer;
  // Of the request: a group of base64 that is not whole. Of the answer: bytes that make no group.
  private String asked = "";
  private byte[] toEncode = {};
  private boolean bridged;

  private GrpcWebBridge(boolean textRequest, boolean textAnswer) {
    this.textRequest = textRequest;
    this.textAnswer = textAnswer;
  }

  /** The bridge for a request, whose head it turns into gRPC's; null: it is none of gRPC-Web. */
  static @Nullable GrpcWebBridge of(HttpConnectionManager manager, HttpRequest head) {
    HttpHeaders headers = head.headers();
    String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
    if (type == null || !isOneOf(type)) {
      return null;
    }
    if (manager.filters().stream().noneMatch(HttpFilter.GrpcWeb.class::isInstance)) {
      return null;
    }
    boolean text = type.toLowerCase(Locale.ROOT).startsWith(TEXT);
    String accept = headers.get(HttpHeaderNames.ACCEPT, "").toLowerCase(Locale.ROOT);
    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/grpc");
    headers.set(HttpHeaderNames.TE, "trailers");
    if (!headers.contains("grpc-accept-encoding")) {
      headers.set("grpc-accept-encoding", "identity");
    }
    if (headers.contains(HttpHeaderNames.CONTENT_LENGTH) && text) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    }
    return new GrpcWebBridge(text, accept.isEmpty() ? text : accept.startsWith(TEXT));
  }

  private static boolean isOneOf(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.equals(TYPE)
        || lower.equals(TYPE + "+proto")
        || lower.equals(TEXT)
        || lower.equals(TEXT + "+proto");
  }

  /** The content type of answers. */
  String type() {
    return (textAnswer ? TEXT : TYPE) + "+proto";
  }

  /** The head of an answer, changed in place. */
  void answer(HttpHeaders headers, boolean whole) {
    String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
    bridged = type.startsWith("application/grpc");
    if (!bridged) {
      return;
    }
    headers.set(HttpHeaderNames.CONTENT_TYPE, type());
    if (!whole) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    }
  }

  /**
   * A part of the request's body; takes {@code part}. What is no base64 fails its decoder result.
   */
  HttpContent request(HttpContent part) {
    if (!textRequest) {
      return part;
    }
    boolean last = part instanceof LastHttpContent;
    String text = asked + part.content().toString(StandardCharsets.ISO_8859_1);
    int whole = text.length() / GROUP * GROUP;
    asked = text.substring(whole);
    part.release();
    HttpContent out;
    try {
      ByteBuf data = Unpooled.buffer(whole / GROUP * 3);
      for (int at = 0; at < whole; at += GROUP) {
        // Each group alone, since whoever sends in pieces may pad each.
        data.writeBytes(Base64.getDecoder().decode(text.substring(at, at + GROUP)));
      }
      out = last ? new DefaultLastHttpContent(data) : new DefaultHttpContent(data);
    } catch (IllegalArgumentException e) {
      out = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
      out.setDecoderResult(DecoderResult.failure(e));
      return out;
    }
    if (last && !asked.isEmpty()) {
      out.setDecoderResult(
          DecoderResult.failure(new IllegalArgumentException("base64 ends in the middle")));
    }
    return out;
  }

  /** A part of the answer's body; takes {@code part}. */
  HttpContent answer(HttpContent part) {
    if (!bridged) {
      return part;
    }
    boolean last = part instanceof LastHttpContent;
    ByteBuf out = Unpooled.buffer(part.content().readableBytes() + 64);
    out.writeBytes(part.content());
    if (part instanceof LastHttpContent end) {
      trailers(out, end.trailingHeaders());
    }
    part.release();
    if (textAnswer) {
      out = encode(out, last);
    }
    return last ? new DefaultLastHttpContent(out) : new DefaultHttpContent(out);
  }

  private static void trailers(ByteBuf out, HttpHeaders trailers) {
    if (trailers.isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> each : trailers) {
      text.append(each.getKey().toLowerCase(Locale.ROOT))
          .append(':')
          .append(each.getValue())
          .append("\r\n");
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    out.writeByte(TRAILERS_FRAME).writeInt(bytes.length).writeBytes(bytes);
  }

  private ByteBuf encode(ByteBuf data, boolean last) {
    ByteBuf all = Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(toEncode), data);
    int now = last ? all.readableBytes() : all.readableBytes() / 3 * 3;
    byte[] groups = ByteBufUtil.getBytes(all, 0, now);
    toEncode = ByteBufUtil.getBytes(all, now, all.readableBytes() - now);
    all.release();
    return Unpooled.wrappedBuffer(Base64.getEncoder().encode(groups));
  }
}
