// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.jaeger.JaegerProtobufCodec;
import io.flotilla.telemetry.api.jaeger.JaegerThriftCodec;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import io.flotilla.telemetry.api.zipkin.ZipkinCodec;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The codecs of the receivers, under the configured bounds. */
@Dependent
class SpanDecoders {

  @Produces
  @Singleton
  OtlpCodec otlp(TelemetryConfig config) {
    return new OtlpCodec(limits(config));
  }

  @Produces
  @Singleton
  ZipkinCodec zipkin(TelemetryConfig config) {
    return new ZipkinCodec(limits(config));
  }

  @Produces
  @Singleton
  JaegerThriftCodec jaegerThrift(TelemetryConfig config) {
    return new JaegerThriftCodec(limits(config));
  }

  @Produces
  @Singleton
  JaegerProtobufCodec jaegerProtobuf(TelemetryConfig config) {
    return new JaegerProtobufCodec(limits(config));
  }

  private static SpanLimits limits(TelemetryConfig config) {
    TelemetryConfig.Receive receive = config.receive();
    int attributes = receive.maxAttributes();
    return new SpanLimits(
        receive.maxSpans(), attributes, attributes, attributes, receive.maxCharacters(), 8);
  }
}
