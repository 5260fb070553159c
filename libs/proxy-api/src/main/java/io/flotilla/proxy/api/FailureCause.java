// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.api;

/**
 * Why a request did not get its upstream's answer. Each cause has a group, Envoy's response flag
 * for tools (Envoy documentation, "Access logging", %RESPONSE_FLAGS%) and a sentence for people.
 */
public enum FailureCause {
  NO_ROUTE(Group.LOCAL, "NR", 404, "no route matches this host and path"),
  NO_CLUSTER(Group.LOCAL, "NC", 503, "the route's cluster is not known"),
  NO_HEALTHY_UPSTREAM(Group.ORIGIN, "UH", 503, "no healthy upstream"),
  CONNECT_FAILED(Group.ORIGIN, "UF", 503, "no connection to the upstream could be made"),
  UPSTREAM_RESET(Group.ORIGIN, "UC", 503, "the upstream closed the connection before it answered"),
  UPSTREAM_TIMEOUT(Group.ORIGIN, "UT", 504, "upstream request timeout"),
  RETRIES_EXHAUSTED(Group.ORIGIN, "URX", 503, "the upstream failed on every try"),
  OVERFLOW(Group.LOCAL, "UO", 503, "the upstream's circuit breaker is open"),
  OVERLOADED(
      Group.LOCAL, "OM", 503, "this proxy has as many requests under way as its memory allows"),
  DELAY_INJECTED(Group.LOCAL, "DI", 200, "a delay was injected on purpose"),
  FAULT_INJECTED(Group.LOCAL, "FI", 503, "fault filter abort"),
  CLIENT_GONE(Group.CLIENT, "DC", 499, "the client closed the connection"),
  BAD_REQUEST(Group.CLIENT, "DPE", 400, "the request is malformed"),
  HEADERS_TOO_LARGE(Group.CLIENT, "DPE", 431, "the request's headers are too large"),
  UNAUTHENTICATED(Group.CLIENT, "", 401, "the request's token is missing or not accepted"),
  ACCESS_DENIED(Group.CLIENT, "", 403, "RBAC: access denied"),
  UNAUTHORIZED(
      Group.CLIENT, "UAEX", 403, "the authorization service does not let this request pass"),
  RATE_LIMIT_ERROR(Group.LOCAL, "RLSE", 500, "the rate-limit service cannot be asked"),
  RATE_LIMITED(Group.LOCAL, "RL", 429, "there are more requests than a rate limit lets pass"),
  BAD_RESPONSE(Group.ORIGIN, "UPE", 502, "the upstream's answer is malformed"),
  STREAM_IDLE(Group.LOCAL, "SI", 408, "the stream was idle for too long"),
  BLOCKED(Group.LOCAL, "NR", 502, "this mesh does not let requests leave for unknown hosts");

  /** Whose fault it is. */
  public enum Group {
    CLIENT,
    LOCAL,
    ORIGIN
  }

  private final Group group;
  private final String flag;
  private final int status;
  private final String sentence;

  FailureCause(Group group, String flag, int status, String sentence) {
    this.group = group;
    this.flag = flag;
    this.status = status;
    this.sentence = sentence;
  }

  /** Whose fault it is. */
  public Group group() {
    return group;
  }

  /** Envoy's response flag; empty: there is none. */
  public String flag() {
    return flag;
  }

  /** The answer's status. */
  public int status() {
    return status;
  }

  /** For people, and the answer's body. */
  public String sentence() {
    return sentence;
  }
}
