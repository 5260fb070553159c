// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

/** The statistics of the HTTP connection managers of one prefix. */
public final class HttpStats extends StatSet<HttpStat> {
  private static final StatNames<HttpStat> NAMES = new StatNames<>(HttpStat.class);

  private final StatusCodes answers = new StatusCodes();
  private final Histogram time = new Histogram();

  /** Of the connection managers with this prefix. */
  public HttpStats(String prefix) {
    super(StatScope.http(prefix), NAMES);
  }

  /** A connection is served. */
  public void opened(boolean http2, boolean tls) {
    add(HttpStat.DOWNSTREAM_CX_TOTAL);
    add(HttpStat.DOWNSTREAM_CX_ACTIVE);
    add(http2 ? HttpStat.DOWNSTREAM_CX_HTTP2_TOTAL : HttpStat.DOWNSTREAM_CX_HTTP1_TOTAL);
    add(http2 ? HttpStat.DOWNSTREAM_CX_HTTP2_ACTIVE : HttpStat.DOWNSTREAM_CX_HTTP1_ACTIVE);
    if (tls) {
      add(HttpStat.DOWNSTREAM_CX_SSL_TOTAL);
      add(HttpStat.DOWNSTREAM_CX_SSL_ACTIVE);
    }
  }

  /** Such a connection is gone. */
  public void closed(boolean http2, boolean tls) {
    add(HttpStat.DOWNSTREAM_CX_DESTROY);
    subtract(HttpStat.DOWNSTREAM_CX_ACTIVE);
    subtract(http2 ? HttpStat.DOWNSTREAM_CX_HTTP2_ACTIVE : HttpStat.DOWNSTREAM_CX_HTTP1_ACTIVE);
    if (tls) {
      subtract(HttpStat.DOWNSTREAM_CX_SSL_ACTIVE);
    }
  }

  /** A request of HTTP/1 or HTTP/2 began. */
  public void began(boolean http2) {
    add(HttpStat.DOWNSTREAM_RQ_TOTAL);
    add(HttpStat.DOWNSTREAM_RQ_ACTIVE);
    add(http2 ? HttpStat.DOWNSTREAM_RQ_HTTP2_TOTAL : HttpStat.DOWNSTREAM_RQ_HTTP1_TOTAL);
  }

  /**
   * A request ended.
   *
   * @param status 0: it was not answered
   */
  public void ended(int status, long millis) {
    subtract(HttpStat.DOWNSTREAM_RQ_ACTIVE);
    if (status > 0) {
      answers.add(status);
    }
    time.add(millis);
  }

  @Override
  public void tell(StatSink sink) {
    super.tell(sink);
    answers.tell(scope(), "downstream_rq", false, sink);
    sink.histogram(scope(), "downstream_rq_time", time);
  }

  @Override
  public void reset() {
    super.reset();
    answers.reset();
    time.reset();
  }
}
