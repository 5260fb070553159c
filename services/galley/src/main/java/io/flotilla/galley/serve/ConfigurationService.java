// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.serve;

import io.flotilla.api.Rejection;
import io.flotilla.api.Resource;
import io.flotilla.contract.galley.ConfigurationGrpc;
import io.flotilla.contract.galley.ListRequest;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.galley.ObjectSummary;
import io.flotilla.galley.Galley;
import io.flotilla.galley.store.Configuration;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;

/** {@code flotilla.galley.v1.Configuration}: the same as REST tells. */
@GrpcService
public class ConfigurationService extends ConfigurationGrpc.ConfigurationImplBase {
  private final Galley galley;

  public ConfigurationService(Galley galley) {
    this.galley = galley;
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> responses) {
    Configuration now = galley.current();
    ListResponse.Builder answer = ListResponse.newBuilder().setRevision(now.revision());
    now.objects().values().stream()
        .filter(
            object ->
                request.getKind().isEmpty()
                    || GalleyResource.matches(object.resource(), request.getKind()))
        .forEach(object -> answer.addObjects(summary(object.resource())));
    for (Rejection rejection : now.rejections()) {
      answer.addRejections(
          io.flotilla.contract.galley.Rejection.newBuilder()
              .setFile(rejection.origin().file())
              .setLine(rejection.line())
              .setObject(rejection.object())
              .setReason(rejection.reason()));
    }
    responses.onNext(answer.build());
    responses.onCompleted();
  }

  private static ObjectSummary summary(Resource<?> resource) {
    return ObjectSummary.newBuilder()
        .setApiVersion(resource.apiVersion())
        .setKind(resource.kind().kind())
        .setNamespace(resource.metadata().namespace())
        .setName(resource.metadata().name())
        .setJson(GalleyResource.shown(resource).toString())
        .setOrigin(resource.origin().toString())
        .build();
  }
}
