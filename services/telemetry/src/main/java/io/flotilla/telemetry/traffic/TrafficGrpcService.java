// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import io.flotilla.contract.telemetry.GetGraphRequest;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.contract.telemetry.TrafficServiceGrpc;
import io.flotilla.telemetry.TelemetryConfig;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;

/** The traffic graph by gRPC; the console draws it. */
@GrpcService
public class TrafficGrpcService extends TrafficServiceGrpc.TrafficServiceImplBase {
  private static final int DEFAULT_WINDOW = 60;

  private final TrafficGraph graph;
  private final long longest;

  TrafficGrpcService(TrafficGraph graph, TelemetryConfig config) {
    this.graph = graph;
    this.longest = config.scrape().window().toSeconds();
  }

  @Override
  @Blocking
  public void getGraph(GetGraphRequest request, StreamObserver<GetGraphResponse> answer) {
    int window = request.getWindowSeconds() == 0 ? DEFAULT_WINDOW : request.getWindowSeconds();
    if (window < 1 || window > longest) {
      answer.onError(
          Status.INVALID_ARGUMENT
              .withDescription("window_seconds is " + window + ", but must be 1 to " + longest)
              .asRuntimeException());
      return;
    }
    try {
      answer.onNext(graph.now(window));
      answer.onCompleted();
    } catch (MetricQueries.UnavailableException e) {
      answer.onError(Status.UNAVAILABLE.withDescription(e.getMessage()).asRuntimeException());
    }
  }
}
