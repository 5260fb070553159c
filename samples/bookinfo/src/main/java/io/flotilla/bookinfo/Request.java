// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request that was read whole.
 *
 * @param path without the query
 * @param headers by name, whatever its case
 * @param body at most {@link ServiceServer#MAX_BODY} bytes
 */
record Request(String method, String path, Map<String, List<String>> headers, byte[] body) {
  /**
   * Headers that a service hands on to those that it calls, so that a trace and a user stay one.
   */
  private static final List<String> HANDED_ON =
      List.of(
          "x-request-id",
          "x-ot-span-context",
          "x-b3-traceid",
          "x-b3-spanid",
          "x-b3-parentspanid",
          "x-b3-sampled",
          "x-b3-flags",
          "b3",
          "traceparent",
          "tracestate",
          "baggage",
          "x-cloud-trace-context",
          "grpc-trace-bin",
          "x-datadog-trace-id",
          "x-datadog-parent-id",
          "x-datadog-sampling-priority",
          "sw8",
          "end-user",
          "user-agent",
          "cookie",
          "authorization",
          "jwt");

  Request {
    Map<String, List<String>> any = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    any.putAll(headers);
    headers = any;
  }

  /** The first value of a header. */
  @Nullable String header(String name) {
    List<String> values = headers.get(name);
    return values == null || values.isEmpty() ? null : values.getFirst();
  }

  /** The headers to hand on, lower-case. */
  Map<String, String> handedOn() {
    Map<String, String> out = new LinkedHashMap<>();
    for (String name : HANDED_ON) {
      String value = header(name);
      if (value != null) {
        out.put(name, value);
      }
    }
    return out;
  }

  /** The path's segment {@code index}, counted from 0; empty when there is none. */
  String segment(int index) {
    String[] segments = path.substring(1).split("/", -1);
    return index < segments.length ? segments[index] : "";
  }
}
