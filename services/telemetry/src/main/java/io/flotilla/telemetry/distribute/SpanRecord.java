// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.tenant.Tenant;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;

/**
 * A batch as a record of Kafka: an OTLP request in protobuf, which others can read too. The tenant,
 * where it is not the single one, is a field that OTLP does not have and so passes over.
 */
public final class SpanRecord {
  private static final int TENANT_FIELD = 18_411;

  private SpanRecord() {}

  static byte[] write(SpanBatch batch) {
    ExportTraceServiceRequest request = OtlpCodec.encode(batch.spans());
    if (!batch.tenant().equals(Tenant.SINGLE)) {
      UnknownFieldSet.Field name =
          UnknownFieldSet.Field.newBuilder()
              .addLengthDelimited(ByteString.copyFromUtf8(batch.tenant().name()))
              .build();
      request =
          request.toBuilder()
              .setUnknownFields(UnknownFieldSet.newBuilder().addField(TENANT_FIELD, name).build())
              .build();
    }
    return request.toByteArray();
  }

  /**
   * The batch of a record.
   *
   * @throws MalformedSpansException if it is none
   */
  public static SpanBatch read(byte[] record, OtlpCodec codec) throws MalformedSpansException {
    try {
      CodedInputStream in = CodedInputStream.newInstance(record);
      in.setRecursionLimit(40);
      ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(in);
      var names = request.getUnknownFields().getField(TENANT_FIELD).getLengthDelimitedList();
      return new SpanBatch(
          names.isEmpty() ? Tenant.SINGLE : new Tenant(names.getLast().toStringUtf8()),
          codec.decode(request).spans());
    } catch (IOException | IllegalArgumentException e) {
      throw new MalformedSpansException("The record is not a batch of spans: " + e.getMessage());
    }
  }
}
