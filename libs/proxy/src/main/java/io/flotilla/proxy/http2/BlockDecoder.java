// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Decodes header blocks. It sees to the order and kind of headers with a colon, of which nothing is
 * left afterwards; what the others say is judged once, by {@link Http2Fields}.
 */
public final class BlockDecoder extends DefaultHttp2HeadersDecoder {
  private static final int USUAL = 16;

  public BlockDecoder(long maxBytes) {
    super(true, maxBytes);
  }

  @Override
  protected Http2Headers newHeaders() {
    return new DefaultHttp2Headers(false, USUAL);
  }
}
