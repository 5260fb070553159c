// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.serve;

import io.flotilla.contract.pilot.ListProxiesRequest;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.pilot.ProxyStatus;
import io.flotilla.contract.pilot.ProxyStatusServiceGrpc;
import io.flotilla.pilot.Pilot;
import io.flotilla.pilot.push.ProxyState;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;

/** Which proxies are connected and what each has acknowledged. */
@GrpcService
public class ProxyStatusGrpc extends ProxyStatusServiceGrpc.ProxyStatusServiceImplBase {
  private final Pilot pilot;

  public ProxyStatusGrpc(Pilot pilot) {
    this.pilot = pilot;
  }

  @Override
  public void listProxies(ListProxiesRequest request, StreamObserver<ListProxiesResponse> answer) {
    ListProxiesResponse.Builder out =
        ListProxiesResponse.newBuilder()
            .setRevision(pilot.graph().graph().view().revision().number());
    pilot.proxies().states().forEach(state -> out.addProxies(status(state)));
    answer.onNext(out.build());
    answer.onCompleted();
  }

  private static ProxyStatus status(ProxyState state) {
    return ProxyStatus.newBuilder()
        .setNodeId(state.proxy().node().id())
        .setNamespace(state.proxy().node().namespace())
        .setWorkload(state.proxy().node().text("WORKLOAD_NAME").orElse(state.proxy().node().name()))
        .setType(state.proxy().node().type().word())
        .setSentRevision(state.sent())
        .setAcknowledgedRevision(state.acknowledged())
        .addAllRefused(state.refused())
        .setIdentity(state.proxy().spiffeId().orElse(""))
        .setUserAgent(state.proxy().node().userAgent())
        .build();
  }
}
