// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.StringValue;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.BindableService;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** A server on an ephemeral port, and hand-driven streams to it. */
final class Wire implements AutoCloseable {
  private static final Node NODE = Node.newBuilder().setId("sidecar~10.0.0.1~a.default~d").build();

  final Server server;
  final ManagedChannel channel;

  Wire(BindableService service) throws IOException {
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create())
            .addService(service)
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress(
                "127.0.0.1", server.getPort(), InsecureChannelCredentials.create())
            .build();
  }

  Delta delta() {
    return new Delta();
  }

  Sotw sotw() {
    return new Sotw();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private static String text(com.google.protobuf.Any any) {
    try {
      return any.unpack(StringValue.class).getValue();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static String shortName(String type) {
    return type.substring(type.lastIndexOf('.') + 1);
  }

  abstract static class Stream<Q, R> implements StreamObserver<R> {
    private final LinkedBlockingQueue<Object> incoming = new LinkedBlockingQueue<>();
    StreamObserver<Q> out;
    boolean introduced;

    @Override
    public void onNext(R response) {
      incoming.add(response);
    }

    @Override
    public void onError(Throwable cause) {
      incoming.add(cause);
    }

    @Override
    public void onCompleted() {
      incoming.add("completed");
    }

    private Object poll(long millis) {
      try {
        return incoming.poll(millis, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    R next(Class<R> type) {
      Object next = poll(5000);
      if (!type.isInstance(next)) {
        fail("expected a response, but got " + next);
      }
      return type.cast(next);
    }

    /** Nothing comes: shown by a short silence. */
    void silent() {
      assertThat(poll(200)).isNull();
    }

    Throwable error() {
      Object next = poll(5000);
      assertThat(next).isInstanceOf(Throwable.class);
      return (Throwable) next;
    }
  }

  final class Delta extends Stream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
    Delta() {
      out = AggregatedDiscoveryServiceGrpc.newStub(channel).deltaAggregatedResources(this);
    }

    void send(String type, BiFunction<String, DeltaDiscoveryRequest.Builder, ?> with) {
      DeltaDiscoveryRequest.Builder b = DeltaDiscoveryRequest.newBuilder().setTypeUrl(type);
      with.apply(type, b);
      if (!introduced) {
        b.setNode(NODE);
        introduced = true;
      }
      out.onNext(b.build());
    }

    void subscribe(String type, String... names) {
      send(type, (t, b) -> b.addAllResourceNamesSubscribe(List.of(names)));
    }

    void unsubscribe(String type, String... names) {
      send(type, (t, b) -> b.addAllResourceNamesUnsubscribe(List.of(names)));
    }

    DeltaDiscoveryResponse next() {
      return next(DeltaDiscoveryResponse.class);
    }

    void ack(DeltaDiscoveryResponse response) {
      send(response.getTypeUrl(), (t, b) -> b.setResponseNonce(response.getNonce()));
    }

    void nack(DeltaDiscoveryResponse response, String reason) {
      send(
          response.getTypeUrl(),
          (t, b) ->
              b.setResponseNonce(response.getNonce())
                  .setErrorDetail(Status.newBuilder().setCode(3).setMessage(reason)));
    }

    /** The next response is this one, "Type name=text -removed", and is acknowledged. */
    void takes(String expected) {
      DeltaDiscoveryResponse response = next();
      assertThat(describe(response)).isEqualTo(expected);
      ack(response);
    }

    String describe(DeltaDiscoveryResponse response) {
      TreeSet<String> words = new TreeSet<>();
      response
          .getResourcesList()
          .forEach(r -> words.add(r.getName() + "=" + text(r.getResource())));
      response.getRemovedResourcesList().forEach(r -> words.add("-" + r));
      return (shortName(response.getTypeUrl()) + " " + String.join(" ", words)).strip();
    }
  }

  final class Sotw extends Stream<DiscoveryRequest, DiscoveryResponse> {
    private DiscoveryResponse last;

    Sotw() {
      out = AggregatedDiscoveryServiceGrpc.newStub(channel).streamAggregatedResources(this);
    }

    void send(String type, String nonce, String version, String... names) {
      DiscoveryRequest.Builder b =
          DiscoveryRequest.newBuilder()
              .setTypeUrl(type)
              .setResponseNonce(nonce)
              .setVersionInfo(version)
              .addAllResourceNames(List.of(names));
      if (!introduced) {
        b.setNode(NODE);
        introduced = true;
      }
      out.onNext(b.build());
    }

    void subscribe(String type, String... names) {
      send(type, "", "", names);
    }

    /** The next response holds these, "Type text text", and is acknowledged for the names. */
    void takes(String expected, String... names) {
      DiscoveryResponse response = next(DiscoveryResponse.class);
      TreeSet<String> words = new TreeSet<>();
      response.getResourcesList().forEach(r -> words.add(text(r)));
      assertThat((shortName(response.getTypeUrl()) + " " + String.join(" ", words)).strip())
          .isEqualTo(expected);
      last = response;
      again(names);
    }

    /** Answers to the last response once more, with other names. */
    void again(String... names) {
      send(last.getTypeUrl(), last.getNonce(), last.getVersionInfo(), names);
    }
  }
}
