// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.zipkin;

/** The forms in which senders hand lists of spans to Zipkin. */
public enum ZipkinFormat {
  JSON_V1,
  THRIFT_V1,
  JSON_V2,
  PROTOBUF_V2
}
