// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.status;

import io.flotilla.console.graph.MeshGraph.ProxyState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the mesh is.
 *
 * @param parts telemetry, Pilot and Galley
 * @param pilotRevision of Pilot's graph; null while it does not answer
 * @param configRevision of Galley's configuration; null while it does not answer
 * @param proxyCount all that are connected
 * @param proxies those that need an eye first; at most as many as are configured
 * @param objectCount objects in force
 * @param rejections the documents that are not in force, and why
 * @param unreachable proxies whose metrics telemetry cannot get: "address: reason"
 * @param tracesUrl Jaeger's query API, as the browser reaches it
 * @param applicationUrl what to call to see traffic
 */
public record MeshStatus(
    List<Part> parts,
    @Nullable Long pilotRevision,
    @Nullable Long configRevision,
    int proxyCount,
    List<Proxy> proxies,
    int objectCount,
    List<Rejection> rejections,
    List<String> unreachable,
    @Nullable String tracesUrl,
    @Nullable String applicationUrl) {

  public MeshStatus {
    parts = List.copyOf(parts);
    proxies = List.copyOf(proxies);
    rejections = List.copyOf(rejections);
    unreachable = List.copyOf(unreachable);
  }

  /**
   * A service that the console asks.
   *
   * @param problem null: it answers
   */
  public record Part(String name, String target, @Nullable String problem) {}

  /**
   * A connected proxy.
   *
   * @param acknowledgedAt when it last acknowledged all that it was sent; null: no event told so
   * @param refused what it refused: "typeUrl name: reason"
   */
  public record Proxy(
      String nodeId,
      String namespace,
      String workload,
      String type,
      ProxyState state,
      long sentRevision,
      long acknowledgedRevision,
      @Nullable Instant acknowledgedAt,
      List<String> refused,
      String identity,
      String userAgent) {
    public Proxy {
      refused = List.copyOf(refused);
    }
  }

  /** A document that Galley rejected; {@code line} is 0 where unknown. */
  public record Rejection(String file, int line, String object, String reason) {}
}
