// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

/** A cluster's statistics. */
public final class ClusterStats extends StatSet<ClusterStat> {
  private static final StatNames<ClusterStat> NAMES = new StatNames<>(ClusterStat.class);

  private final StatusCodes answers = new StatusCodes();
  private final StatusCodes retried = new StatusCodes();
  private final StatusCodes internal = new StatusCodes();
  private final StatusCodes external = new StatusCodes();
  private final Histogram time = new Histogram();

  /** Of the cluster of this name. */
  public ClusterStats(String cluster) {
    super(StatScope.cluster(cluster), NAMES);
  }

  /**
   * A request was answered.
   *
   * @param fromMesh whether it came from inside, as x-envoy-internal says
   */
  public void answered(int status, boolean fromMesh) {
    answers.add(status);
    (fromMesh ? internal : external).add(status);
  }

  /** An answer arrived whole this long after its attempt began. */
  public void took(long millis) {
    time.add(millis);
  }

  /** An answer was not passed on, and another attempt made. */
  public void retried(int status) {
    retried.add(status);
  }

  @Override
  public void tell(StatSink sink) {
    super.tell(sink);
    answers.tell(scope(), "upstream_rq", true, sink);
    retried.tell(scope(), "retry.upstream_rq", true, sink);
    internal.tell(scope(), "internal.upstream_rq", true, sink);
    external.tell(scope(), "external.upstream_rq", true, sink);
    sink.histogram(scope(), "upstream_rq_time", time);
  }

  @Override
  public void reset() {
    super.reset();
    answers.reset();
    retried.reset();
    internal.reset();
    external.reset();
    time.reset();
  }
}
