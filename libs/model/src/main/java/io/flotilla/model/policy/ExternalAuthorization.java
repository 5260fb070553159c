// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks a service whether a request may pass (Envoy: extensions.filters.http.ext_authz.v3.ExtAuthz).
 *
 * @param clearRouteCache the route is chosen anew when the answer changed the request
 * @param validate a change that is no valid header or parameter makes the answer an error
 * @param statPrefix between "ext_authz." and the name of a counter; may be empty
 */
public record ExternalAuthorization(
    Service service,
    Question question,
    When when,
    OnError onError,
    boolean clearRouteCache,
    boolean validate,
    String statPrefix) {
  /** The filter's name, under which what it was told is noted in a request's metadata. */
  public static final String METADATA = "envoy.filters.http.ext_authz";

  /** Envoy's time-out where none is given. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMillis(200);

  /** Who is asked. */
  public sealed interface Service {
    /** By envoy.service.auth.v3.Authorization. */
    record Grpc(GrpcService service) implements Service {}

    /**
     * By a request like the client's own.
     *
     * @param uri its authority is the host that is asked
     * @param pathPrefix before the client's path
     * @param headers added to what is sent
     * @param upstreamHeaders of the answer's headers, those that replace the request's
     * @param appendedHeaders those that are appended to the request's
     * @param deniedHeaders those that a refused client sees; empty: all
     * @param allowedHeaders those that a client sees with its upstream's answer
     * @param metadataHeaders those that are noted in the request's metadata
     */
    record Http(
        String uri,
        String cluster,
        Duration timeout,
        String pathPrefix,
        Map<String, String> headers,
        List<StringMatch> upstreamHeaders,
        List<StringMatch> appendedHeaders,
        List<StringMatch> deniedHeaders,
        List<StringMatch> allowedHeaders,
        List<StringMatch> metadataHeaders)
        implements Service {
      public Http {
        Checks.notEmpty(uri, "URI of an authorization service");
        Checks.notEmpty(cluster, "cluster of the authorization service at " + uri);
        Checks.notNegative(timeout, "time-out of the authorization service at " + uri);
        headers = Map.copyOf(headers);
        upstreamHeaders = List.copyOf(upstreamHeaders);
        appendedHeaders = List.copyOf(appendedHeaders);
        deniedHeaders = List.copyOf(deniedHeaders);
        allowedHeaders = List.copyOf(allowedHeaders);
        metadataHeaders = List.copyOf(metadataHeaders);
      }
    }
  }

  /**
   * What the service is told.
   *
   * @param body empty: nothing of the body
   * @param allowedHeaders empty: all, or by HTTP none but the usual ones
   * @param metadata the names under which other filters noted what is told, too
   */
  public record Question(
      Optional<Body> body,
      Optional<List<StringMatch>> allowedHeaders,
      List<StringMatch> disallowedHeaders,
      List<String> metadata,
      boolean peerCertificate,
      boolean tlsSession) {
    public Question {
      allowedHeaders = allowedHeaders.map(List::copyOf);
      disallowedHeaders = List.copyOf(disallowedHeaders);
      metadata = List.copyOf(metadata);
    }

    /** All headers and nothing else. */
    public static final Question PLAIN =
        new Question(Optional.empty(), Optional.empty(), List.of(), List.of(), false, false);
  }

  /**
   * The request's body.
   *
   * @param largest bytes that are told
   * @param partial a longer one is told in part; otherwise it is refused
   * @param bytes told as bytes, and not as text
   */
  public record Body(int largest, boolean partial, boolean bytes) {
    /** More than this is held back for no service. */
    public static final int LIMIT = 16 * 1024 * 1024;

    public Body {
      Checks.inRange(largest, 1, LIMIT, "bytes of the body told to an authorization service");
    }
  }

  /**
   * Of which requests it is asked.
   *
   * @param metadata what must have been noted; empty: nothing
   * @param denyOthers requests of which it is not asked are refused
   */
  public record When(Percentage share, Optional<MetadataMatch> metadata, boolean denyOthers) {
    /** Of all. */
    public static final When ALWAYS = new When(Percentage.ALL, Optional.empty(), false);
  }

  /**
   * What follows when there is no answer, or one that says that the service failed.
   *
   * @param allow the request passes
   * @param header and says so by x-envoy-auth-failure-mode-allowed
   * @param status the client's answer otherwise
   */
  public record OnError(boolean allow, boolean header, int status) {
    /** 403. */
    public static final OnError DENY = new OnError(false, false, 403);

    public OnError {
      Checks.inRange(status, 200, 599, "status on errors of an authorization service");
    }
  }

  /** Of every request, by gRPC. */
  public static ExternalAuthorization of(Service service) {
    return new ExternalAuthorization(
        service, Question.PLAIN, When.ALWAYS, OnError.DENY, false, false, "");
  }
}
