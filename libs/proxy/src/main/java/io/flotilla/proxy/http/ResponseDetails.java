// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.api.FailureCause;

/** What Envoy's %RESPONSE_CODE_DETAILS% says of a cause. */
final class ResponseDetails {
  private ResponseDetails() {}

  /** What it says, and of a failed connection its {@code reason}. */
  static String of(FailureCause cause, String reason) {
    return switch (cause) {
      case NO_ROUTE, BLOCKED -> "route_not_found";
      case NO_CLUSTER -> "cluster_not_found";
      case NO_HEALTHY_UPSTREAM -> "no_healthy_upstream";
      case CONNECT_FAILED ->
          "upstream_reset_before_response_started{remote_connection_failure"
              + (reason.isEmpty() ? "}" : "|" + reason.replace(' ', '_') + "}");
      case UPSTREAM_RESET -> "upstream_reset_before_response_started{connection_termination}";
      case UPSTREAM_TIMEOUT -> "response_timeout";
      case OVERFLOW -> "upstream_reset_before_response_started{overflow}";
      case OVERLOADED -> "overload";
      case FAULT_INJECTED -> "fault_filter_abort";
      case CLIENT_GONE -> "downstream_remote_disconnect";
      case HEADERS_TOO_LARGE -> "request_headers_too_large";
      case BAD_REQUEST -> "http1.codec_error";
      case ACCESS_DENIED -> "rbac_access_denied_matched_policy[none]";
      case UNAUTHORIZED -> "ext_authz_denied";
      case RATE_LIMIT_ERROR -> "rate_limiter_error";
      case RATE_LIMITED -> "local_rate_limited";
      case UNAUTHENTICATED -> "jwt_authn_access_denied";
      case BAD_RESPONSE -> "upstream_reset_before_response_started{protocol_error}";
      case STREAM_IDLE -> "stream_idle_timeout";
      case RETRIES_EXHAUSTED, DELAY_INJECTED -> "via_upstream";
    };
  }
}
