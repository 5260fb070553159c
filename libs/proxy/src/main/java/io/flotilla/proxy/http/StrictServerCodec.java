// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Predicate;

/**
 * HTTP/1's server side. Unlike the stock codec it does not mend a request that gives its length
 * twice, by Content-Length and by Transfer-Encoding, but refuses it. After a request for another
 * protocol it reads no further: what follows is nobody's request before that is answered, and goes
 * on as it came when this codec is removed.
 */
final class StrictServerCodec
    extends CombinedChannelDuplexHandler<HttpRequestDecoder, HttpResponseEncoder> {
  private final ArrayDeque<HttpMethod> methods = new ArrayDeque<>();
  private final Predicate<HttpRequest> lastOfHttp;

  /**
   * A codec for one connection.
   *
   * @param lastOfHttp whether a request asks for another protocol
   */
  StrictServerCodec(
      int maxRequestLine, int maxHeaders, int maxChunk, Predicate<HttpRequest> lastOfHttp) {
    this.lastOfHttp = lastOfHttp;
    init(
        new Decoder(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(maxRequestLine)
                .setMaxHeaderSize(maxHeaders)
                .setMaxChunkSize(maxChunk)
                .setValidateHeaders(true)
                .setAllowDuplicateContentLengths(false)),
        new Encoder());
  }

  private final class Decoder extends HttpRequestDecoder {
    private final StrictLines lines = new StrictLines();
    private boolean last;
    private boolean ended;

    Decoder(HttpDecoderConfig config) {
      super(config);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf buffer, List<Object> out)
        throws Exception {
      if (ended) {
        return;
      }
      String wrong = lines.wrong(buffer);
      if (wrong != null) {
        buffer.skipBytes(buffer.readableBytes());
        out.add(refused(wrong));
        return;
      }
      int before = out.size();
      int readable = buffer.readableBytes();
      super.decode(context, buffer, out);
      lines.consumed(readable - buffer.readableBytes());
      for (int i = before; i < out.size(); i++) {
        Object message = out.get(i);
        if (message instanceof HttpRequest request) {
          methods.add(request.method());
          last = request.decoderResult().isSuccess() && lastOfHttp.test(request);
          lines.head(HttpUtil.isTransferEncodingChunked(request));
        }
        if (message instanceof LastHttpContent) {
          lines.end();
          ended = last;
        }
        if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
          lines.stop();
        }
      }
    }

    private HttpObject refused(String wrong) {
      DecoderResult result = DecoderResult.failure(new IllegalArgumentException(wrong));
      if (lines.isInBody()) {
        LastHttpContent rest = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
        rest.setDecoderResult(result);
        return rest;
      }
      HttpRequest request =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
      request.setDecoderResult(result);
      methods.add(request.method());
      return request;
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
      throw new IllegalArgumentException("Content-Length and Transfer-Encoding exclude each other");
    }
  }

  private final class Encoder extends HttpResponseEncoder {
    private boolean head;

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
      if (response.status().code() >= 200 || response.status().code() == 101) {
        head = HttpMethod.HEAD.equals(methods.poll());
      }
      return head || super.isContentAlwaysEmpty(response);
    }
  }
}
