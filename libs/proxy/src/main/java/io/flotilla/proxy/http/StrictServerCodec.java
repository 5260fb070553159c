// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import java.util.ArrayDeque;
import java.util.List;

/**
 * HTTP/1's server side. Unlike the stock codec it does not mend a request that gives its length
 * twice, by Content-Length and by Transfer-Encoding, but refuses it.
 */
final class StrictServerCodec
    extends CombinedChannelDuplexHandler<HttpRequestDecoder, HttpResponseEncoder> {
  private final ArrayDeque<HttpMethod> methods = new ArrayDeque<>();

  StrictServerCodec(int maxRequestLine, int maxHeaders, int maxChunk) {
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
    Decoder(HttpDecoderConfig config) {
      super(config);
    }

    @Override
    protected void decode(
        ChannelHandlerContext context, io.netty.buffer.ByteBuf buffer, List<Object> out)
        throws Exception {
      int before = out.size();
      super.decode(context, buffer, out);
      for (int i = before; i < out.size(); i++) {
        if (out.get(i) instanceof HttpRequest request) {
          methods.add(request.method());
        }
      }
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
