// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.model.policy.FilterOverride;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.policy.AccessView;
import io.flotilla.rules.route.RouteTable;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A request on its way through the filters. All calls are made on the engine's event loop. */
public interface FilteredRequest extends RequestView {
  /** The head's headers as they are, also to be changed. */
  HttpHeaders headers();

  /** The route as far as it is known; null: none matches. */
  RouteTable.@Nullable Match route();

  /** Notes what happened to the request, for its record. */
  void note(FailureCause cause);

  /** Notes what decided on the answer, as access logs tell it (%RESPONSE_CODE_DETAILS%). */
  void details(String details);

  /** The request as access rules see it. */
  AccessView access();

  /** Notes values for later filters and routes, beside what the filter noted before. */
  void addMetadata(String filter, Map<String, ?> values);

  /** Gives the request another path and query. */
  void retarget(String pathAndQuery);

  /** Chooses the route anew, by what has been noted and changed. */
  void reroute();

  /** The client's connection. */
  Downstream connection();

  /** Tells this request from all others of this proxy. */
  String id();

  /** "HTTP/1.1", "HTTP/2". */
  String protocol();

  /** What a filter of this name does otherwise, of the widest scope first. */
  List<FilterOverride> overrides(String filter);

  /** Whether content follows the head, or may. */
  boolean hasBody();

  /**
   * Holds the request until its body is there.
   *
   * @param partial a longer one is taken in part; otherwise it is answered 413
   * @param then not called once the request is answered or its client gone
   */
  void collectBody(int largest, boolean partial, Consumer<Body> then);

  /** Called once if the request ends before it is resumed. */
  void onGone(Runnable then);

  /** Changes the head of whatever the answer will be, after all that routes do. */
  void onAnswer(Consumer<HttpHeaders> edit);

  /** The cluster of the route; null: there is none. */
  @Nullable String cluster();

  /** {@link #reply(int, String)} with headers, and a status for gRPC clients, of its own. */
  void reply(int status, int grpcStatus, String body, Consumer<HttpHeaders> headers);

  /** {@link #reply(int, String)} with headers of its own. */
  void reply(int status, String body, Consumer<HttpHeaders> headers);

  /**
   * Counts one under the connection manager.
   *
   * @param cluster and under the cluster of the route
   */
  void count(String stat, boolean cluster);

  /** Counts one under the cluster of the route. */
  void countOfCluster(String stat);

  /** Counts an answer of ours as one of the route's cluster. */
  void chargeCluster(int status);

  /**
   * A request's content.
   *
   * @param whole whether there is no more of it
   */
  record Body(byte[] bytes, boolean whole) {
    /** There is none. */
    public static final Body NONE = new Body(new byte[0], true);
  }

  /** Adds headers to whatever the answer will be. */
  void answerHeaders(Map<String, String> headers);

  /** Answers in the upstream's place; a gRPC client gets the status that the HTTP one means. */
  void reply(int status, String body);

  /** Answers 200 with the headers that {@link #answerHeaders} was given, and nothing else. */
  void preflight();

  /** Answers a gRPC client. */
  void replyGrpc(int status, String message);

  /**
   * Goes on with the next filter; without effect once the request is answered or its client gone.
   */
  void resume();

  /** {@link #resume}s after a while. */
  void resumeAfter(Duration pause);
}
