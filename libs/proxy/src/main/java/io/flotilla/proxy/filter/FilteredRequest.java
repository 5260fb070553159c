// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.proxy.api.FailureCause;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.policy.AccessView;
import io.flotilla.rules.route.RouteTable;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.Map;
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
