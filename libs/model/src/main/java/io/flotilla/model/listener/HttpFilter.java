// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.policy.GlobalRateLimit;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.Rbac;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Works on requests and answers, in the order given. */
public sealed interface HttpFilter {

  /** Sends the request upstream; always the last. */
  record Router(boolean startChildSpan) implements HttpFilter {}

  /** Injects faults; routes may override. */
  record FaultInjection(Optional<Fault> fault) implements HttpFilter {}

  /** Answers preflights and adds headers by the route's policy. */
  record CorsFilter() implements HttpFilter {}

  /** Answers 401 to bad tokens, and notes what good ones say. */
  record Jwt(JwtAuthentication authentication) implements HttpFilter {}

  /** Lets requests pass or answers 403. */
  record AccessControl(Rbac rbac) implements HttpFilter {}

  /**
   * Asks a service whether a request may pass.
   *
   * @param name by which routes configure it
   */
  record Authorization(String name, ExternalAuthorization authorization) implements HttpFilter {}

  /**
   * Asks a rate-limit service whether a request is one too many.
   *
   * @param name by which routes configure it
   */
  record Rate(String name, GlobalRateLimit limit) implements HttpFilter {
    /** Its usual name. */
    public static final String NAME = "envoy.filters.http.ratelimit";
  }

  /**
   * Refuses requests beyond what this proxy lets pass.
   *
   * @param name by which routes configure it
   */
  record LocalRate(String name, LocalRateLimit limit) implements HttpFilter {
    /** Its usual name. */
    public static final String NAME = "envoy.filters.http.local_ratelimit";
  }

  /** Counts gRPC messages and statuses. */
  record GrpcStats() implements HttpFilter {}

  /** Translates gRPC-Web. */
  record GrpcWeb() implements HttpFilter {}

  /** Peers tell each other who they are by x-envoy-peer-metadata (istio.metadata_exchange). */
  record PeerMetadata() implements HttpFilter {}

  /**
   * The internal listener behind a terminated CONNECT learns its authority as the destination, the
   * client's address as the source, and the client's certificate as its peer's (Istio's
   * connect_authority, which is Envoy's set_filter_state).
   */
  record ConnectAuthority() implements HttpFilter {}

  /** Istio's standard HTTP metrics (istio.stats). */
  record Stats(IstioStats config) implements HttpFilter {}

  /**
   * The ALPN offered upstream by downstream protocol (istio.alpn).
   *
   * @param overrides keys "http/1.0", "http/1.1", "h2"
   */
  record Alpn(Map<String, List<String>> overrides) implements HttpFilter {
    public Alpn {
      overrides = Map.copyOf(overrides);
    }
  }
}
