// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger;

import io.flotilla.telemetry.api.jaeger.internal.ThriftBatch;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import org.apache.thrift.TConfiguration;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.protocol.TField;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TProtocolException;
import org.apache.thrift.protocol.TType;
import org.apache.thrift.transport.TMemoryInputTransport;
import org.apache.thrift.transport.TTransportException;

/**
 * Jaeger's Thrift: the batch that SDKs post to a collector, and the packets that they send to an
 * agent (jaeger-idl, thrift/agent.thrift, {@code emitBatch}). Every length in the input is checked
 * against what is really there before anything is allocated.
 */
public final class JaegerThriftCodec {
  private static final int DEPTH = 32;

  private final SpanLimits limits;

  public JaegerThriftCodec(SpanLimits limits) {
    this.limits = limits;
  }

  /**
   * A batch in the binary protocol, as it is posted to {@code /api/traces}.
   *
   * @throws MalformedSpansException if it is none
   */
  public Decoded decodeBatch(byte[] body) throws MalformedSpansException {
    return decode(body, false, false);
  }

  /**
   * An agent's packet: {@code emitBatch} in the compact protocol (port 6831) or the binary one
   * (port 6832).
   *
   * @throws MalformedSpansException if it is neither
   */
  public Decoded decodePacket(byte[] packet, boolean compact) throws MalformedSpansException {
    return decode(packet, compact, true);
  }

  private Decoded decode(byte[] body, boolean compact, boolean called)
      throws MalformedSpansException {
    SpanAssembly assembly = new SpanAssembly(limits);
    try {
      TProtocol in = protocol(body, compact);
      if (called) {
        argument(in);
      }
      ThriftBatch.read(in, assembly);
      return assembly.decoded();
    } catch (TException | RuntimeException e) {
      // The library's readers meet hostile input with exceptions of either kind.
      throw new MalformedSpansException(
          "The "
              + (called ? "packet is not Jaeger's emitBatch" : "body is not a Jaeger batch")
              + " in Thrift's "
              + (compact ? "compact" : "binary")
              + " protocol: "
              + e.getMessage());
    }
  }

  private static TProtocol protocol(byte[] body, boolean compact) throws TTransportException {
    int size = Math.max(1, body.length);
    TMemoryInputTransport bytes =
        new TMemoryInputTransport(new TConfiguration(size, size, DEPTH), body);
    return compact
        ? new TCompactProtocol(bytes, size, size)
        : new TBinaryProtocol(bytes, size, size, false, false);
  }

  private static void argument(TProtocol in) throws TException {
    TMessage message = in.readMessageBegin();
    if (!message.name.equals("emitBatch")) {
      throw new TProtocolException(
          "the call is " + shown(message.name) + "; Zipkin's packets go to port 9411 over HTTP");
    }
    in.readStructBegin();
    TField batch = in.readFieldBegin();
    if (batch.type != TType.STRUCT || batch.id != 1) {
      throw new TProtocolException("the call has no batch");
    }
  }

  private static String shown(String name) {
    return "'" + (name.length() <= 40 ? name : name.substring(0, 40) + "...") + "'";
  }
}
