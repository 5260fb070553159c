// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import java.util.List;
import java.util.Map;

/** What an authorization service said. */
sealed interface Verdict {

  /**
   * The request may pass.
   *
   * @param request headers for the upstream
   * @param removed headers that the upstream does not see
   * @param answer headers for the client
   * @param parameters of the query, to be set
   * @param removedParameters of the query
   * @param metadata noted for other filters
   */
  record Allowed(
      List<Mutation> request,
      List<String> removed,
      List<Mutation> answer,
      List<Parameter> parameters,
      List<String> removedParameters,
      Map<String, Object> metadata)
      implements Verdict {
    /** Whether the request will be another. */
    boolean changesRequest() {
      return !request.isEmpty()
          || !removed.isEmpty()
          || !parameters.isEmpty()
          || !removedParameters.isEmpty();
    }
  }

  /** A parameter of the query. */
  record Parameter(String name, String value) {}

  /**
   * It may not.
   *
   * @param answer headers for the client
   */
  record Denied(int status, List<Mutation> answer, String body, Map<String, Object> metadata)
      implements Verdict {}

  /** It could not say, or not in time. */
  record Failed() implements Verdict {}
}
