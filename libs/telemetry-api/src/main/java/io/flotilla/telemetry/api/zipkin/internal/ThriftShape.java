// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.zipkin.internal;

import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import org.apache.thrift.TConfiguration;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TList;
import org.apache.thrift.protocol.TProtocolException;
import org.apache.thrift.protocol.TProtocolUtil;
import org.apache.thrift.protocol.TType;
import org.apache.thrift.transport.TMemoryInputTransport;

/**
 * Walks over a list of Thrift structs before Zipkin's library reads it: that passes over what it
 * does not know by recursion without a bound, and over two thousand million elements of nothing one
 * by one.
 */
final class ThriftShape {
  private static final int DEPTH = 12;

  private ThriftShape() {}

  /**
   * Checks that lengths and nesting are those of the bytes that are there.
   *
   * @throws MalformedSpansException if they are not
   */
  static void check(byte[] body) throws MalformedSpansException {
    int size = Math.max(1, body.length);
    try {
      TBinaryProtocol in =
          new TBinaryProtocol(
              new TMemoryInputTransport(new TConfiguration(size, size, 64), body),
              size,
              size,
              false,
              false);
      TList list = in.readListBegin();
      if (list.size > 0 && list.elemType != TType.STRUCT) {
        throw new TProtocolException("the list is not of structs");
      }
      for (int i = 0; i < list.size; i++) {
        TProtocolUtil.skip(in, TType.STRUCT, DEPTH);
      }
    } catch (TException | RuntimeException e) {
      throw new MalformedSpansException(
          "The body is not a list of Zipkin spans in THRIFT_V1: " + e.getMessage());
    }
  }
}
