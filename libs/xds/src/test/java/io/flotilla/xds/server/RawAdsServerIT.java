// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import static io.flotilla.xds.TypeUrl.CLUSTER;
import static io.flotilla.xds.TypeUrl.ENDPOINTS;
import static io.flotilla.xds.TypeUrl.LISTENER;
import static io.flotilla.xds.TypeUrl.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.flotilla.xds.SystemVersion;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RawAdsServerIT {
  private final Resources source = new Resources();
  private final Events events = new Events();
  // Its answer shows that what was sent before it has been taken in.
  private static final String BARRIER = "barrier";
  private static final String HOSTS = "example.Host";
  private static final String RULES = "example.Rule";
  private Wire wire;

  @BeforeEach
  void start() throws IOException {
    wire = new Wire(new RawAdsServer(source.with(BARRIER), events));
  }

  @AfterEach
  void stop() {
    wire.close();
  }

  @Test
  void sendsAWildcardAllAndThenOnlyWhatChanged() {
    source.with(CLUSTER, "a=1", "b=1").publish();
    Wire.Delta stream = wire.delta();

    stream.subscribe(CLUSTER, "*");
    stream.takes("Cluster a=1 b=1");
    source.with(CLUSTER, "b=2", "c=1", "a").publish();

    stream.takes("Cluster b=2 c=1");
    stream.takes("Cluster -a");
  }

  @Test
  void takesAnEmptyFirstRequestForAWildcard() {
    source.with(LISTENER, "l=1").publish();
    Wire.Delta stream = wire.delta();

    stream.subscribe(LISTENER);

    stream.takes("Listener l=1");
  }

  @Test
  void answersAWildcardEvenIfThereIsNothing() {
    source.with(LISTENER).publish();
    Wire.Delta stream = wire.delta();

    stream.subscribe(LISTENER, "*");

    stream.takes("Listener");
  }

  @Test
  void sendsNamedResourcesOnlyAndTellsWhichDoNotExist() {
    source.with(ENDPOINTS, "a=1", "b=1").publish();
    Wire.Delta stream = wire.delta();

    stream.subscribe(ENDPOINTS, "a", "nowhere");

    stream.takes("ClusterLoadAssignment -nowhere a=1");
    source.with(ENDPOINTS, "b=2").publish();
    stream.silent();
    source.with(ENDPOINTS, "nowhere=1").publish();
    stream.takes("ClusterLoadAssignment nowhere=1");
  }

  @Test
  void saysNothingMoreOfWhatWasUnsubscribed() {
    source.with(ENDPOINTS, "a=1", "b=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(ENDPOINTS, "a", "b");
    stream.takes("ClusterLoadAssignment a=1 b=1");

    stream.unsubscribe(ENDPOINTS, "a");
    stream.subscribe(BARRIER);
    stream.takes("barrier");
    source.with(ENDPOINTS, "a=2", "b=2").publish();

    stream.takes("ClusterLoadAssignment b=2");
  }

  @Test
  void tellsWithWhichTypeARevisionIsWhole() {
    source.with(HOSTS, "h=1").with(RULES, "r=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(HOSTS, "*");
    stream.takes("Host h=1");
    stream.subscribe(RULES, "*");
    stream.takes("Rule r=1");

    source.with(HOSTS, "h=2").with(RULES, "r=2").publish();

    DeltaDiscoveryResponse hosts = stream.next();
    assertThat(stream.describe(hosts)).isEqualTo("Host h=2");
    assertThat(SystemVersion.parse(hosts.getSystemVersionInfo()).orElseThrow().partial()).isTrue();
    DeltaDiscoveryResponse rules = stream.next();
    assertThat(SystemVersion.parse(rules.getSystemVersionInfo()).orElseThrow().partial()).isFalse();
    // While the client has not answered for a type, its part of the next revision is yet to come.
    stream.ack(rules);
    source.with(HOSTS, "h=3").with(RULES, "r=3").publish();
    rules = stream.next();
    assertThat(stream.describe(rules)).isEqualTo("Rule r=3");
    assertThat(SystemVersion.parse(rules.getSystemVersionInfo()).orElseThrow().partial()).isTrue();
    stream.ack(hosts);
    hosts = stream.next();
    assertThat(stream.describe(hosts)).isEqualTo("Host h=3");
    assertThat(SystemVersion.parse(hosts.getSystemVersionInfo()).orElseThrow().partial()).isFalse();
  }

  @Test
  void keepsNamedResourcesWhenTheWildcardIsUnsubscribed() {
    source.with(CLUSTER, "a=1", "b=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*", "a");
    stream.takes("Cluster a=1 b=1");

    stream.unsubscribe(CLUSTER, "*");
    stream.subscribe(BARRIER);
    stream.takes("barrier");
    source.with(CLUSTER, "a=2", "b=2").publish();

    stream.takes("Cluster a=2");
  }

  @Test
  void resendsNothingThatTheClientHasAfterAReconnect() {
    source.with(CLUSTER, "same=1", "changed=1", "gone=1").publish();
    Wire.Delta first = wire.delta();
    first.subscribe(CLUSTER, "*");
    DeltaDiscoveryResponse all = first.next();
    source.with(CLUSTER, "changed=2", "gone").publish();

    Wire.Delta second = wire.delta();
    second.send(
        CLUSTER,
        (t, b) -> {
          for (Resource r : all.getResourcesList()) {
            b.putInitialResourceVersions(r.getName(), r.getVersion());
          }
          return b.addResourceNamesSubscribe("*");
        });

    second.takes("Cluster changed=2");
    second.takes("Cluster -gone");
  }

  @Test
  void keepsOneResponseOfATypeOutstandingAndMergesWhatChangesMeanwhile() {
    source.with(CLUSTER, "a=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*");
    DeltaDiscoveryResponse first = stream.next();

    source.with(CLUSTER, "a=2").publish();
    source.with(CLUSTER, "a=3", "b=1").publish();
    stream.silent();
    stream.ack(first);

    stream.takes("Cluster a=3 b=1");
    stream.silent();
  }

  @Test
  void pushesNothingWhenNothingSubscribedChanged() throws InterruptedException {
    source.with(CLUSTER, "a=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "a");
    stream.takes("Cluster a=1");
    events.awaits("acknowledged 1");

    source.with(CLUSTER, "b=1").publish();

    events.awaits("acknowledged 2");
    stream.silent();
  }

  @Test
  void reportsARefusalByNameAndNoAcknowledgementUntilItIsMended() throws InterruptedException {
    source.with(CLUSTER, "a=1", "ab=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*");

    stream.nack(stream.next(), "Error adding/updating cluster(s) ab: no endpoints");

    events.awaits("refused ab: Error adding/updating cluster(s) ab: no endpoints");
    stream.silent();
    assertThat(events.soFar()).isEmpty();
    source.with(CLUSTER, "ab=2").publish();
    stream.takes("Cluster ab=2");
    events.awaits("acknowledged 2");
  }

  @Test
  void makesBeforeItBreaks() {
    source
        .with(CLUSTER, "old=1")
        .with(ENDPOINTS, "old=1")
        .with(LISTENER, "l=1")
        .with(ROUTES, "r=old")
        .publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*");
    stream.takes("Cluster old=1");
    stream.subscribe(ENDPOINTS, "old");
    stream.takes("ClusterLoadAssignment old=1");
    stream.subscribe(LISTENER, "*");
    stream.takes("Listener l=1");
    stream.subscribe(ROUTES, "r");
    stream.takes("RouteConfiguration r=old");

    source
        .with(CLUSTER, "old", "new=1")
        .with(ENDPOINTS, "old", "new=1")
        .with(ROUTES, "r=new")
        .publish();

    DeltaDiscoveryResponse clusters = stream.next();
    assertThat(stream.describe(clusters)).isEqualTo("Cluster new=1");
    stream.subscribe(ENDPOINTS, "new");
    stream.ack(clusters);
    DeltaDiscoveryResponse endpoints = stream.next();
    assertThat(stream.describe(endpoints)).isEqualTo("ClusterLoadAssignment new=1");
    stream.silent();
    stream.ack(endpoints);
    DeltaDiscoveryResponse routes = stream.next();
    assertThat(stream.describe(routes)).isEqualTo("RouteConfiguration r=new");
    stream.silent();
    stream.ack(routes);
    stream.takes("Cluster -old");
    stream.takes("ClusterLoadAssignment -old");
  }

  @Test
  void waitsNoLongerThanTwoSecondsForAClientThatTakesNoEndpoints() {
    source.with(CLUSTER, "a=1").with(ENDPOINTS, "a=1").with(LISTENER, "l=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*");
    stream.takes("Cluster a=1");
    stream.subscribe(LISTENER, "*");
    stream.takes("Listener l=1");

    source.with(CLUSTER, "b=1").with(ENDPOINTS, "b=1").with(LISTENER, "l=2").publish();

    stream.takes("Cluster b=1");
    stream.takes("Listener l=2");
  }

  @Test
  void keepsClustersOfRoutesThatTheClientRefused() {
    source.with(CLUSTER, "old=1").with(ROUTES, "r=old").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*");
    stream.takes("Cluster old=1");
    stream.subscribe(ROUTES, "r");
    stream.takes("RouteConfiguration r=old");

    source.with(CLUSTER, "old").with(ROUTES, "r=bad").publish();
    stream.nack(stream.next(), "r is bad");
    stream.silent();
    source.with(ROUTES, "r=good").publish();

    stream.takes("RouteConfiguration r=good");
    stream.takes("Cluster -old");
  }

  @Test
  void sendsEndpointsAgainToAClusterThatChanged() {
    source.with(CLUSTER, "a=1").with(ENDPOINTS, "a=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*");
    stream.takes("Cluster a=1");
    stream.subscribe(ENDPOINTS, "a");
    stream.takes("ClusterLoadAssignment a=1");

    source.with(CLUSTER, "a=2").publish();

    stream.takes("Cluster a=2");
    stream.takes("ClusterLoadAssignment a=1");
  }

  @Test
  void servesTypesThatAreNotEnvoys() {
    source.with("networking.istio.io/v1/VirtualService", "ns/a=1").publish();
    Wire.Delta stream = wire.delta();

    stream.subscribe("networking.istio.io/v1/VirtualService", "*");

    assertThat(stream.next().getResources(0).getName()).isEqualTo("ns/a");
  }

  @Test
  void waitsForATypeThatIsNotKnownYet() {
    source.with(CLUSTER, "a=1").publish();
    Wire.Delta stream = wire.delta();

    stream.subscribe(LISTENER, "*");

    stream.silent();
    source.with(LISTENER, "l=1").publish();
    stream.takes("Listener l=1");
  }

  @Test
  void refusesAStreamWhoseFirstRequestHasNoNode() {
    Wire.Delta stream = wire.delta();
    stream.introduced = true;

    stream.subscribe(CLUSTER, "*");

    Status status = ((StatusRuntimeException) stream.error()).getStatus();
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("node with an id");
  }

  @Test
  void closesTheFeedWhenTheStreamEnds() throws InterruptedException {
    source.with(CLUSTER, "a=1").publish();
    Wire.Delta stream = wire.delta();
    stream.subscribe(CLUSTER, "*");
    stream.takes("Cluster a=1");

    stream.out.onCompleted();

    events.awaits("closed");
    assertThat(source.streams()).isZero();
  }

  @Test
  void sotwHoldsAllClustersButOnlyChangedEndpoints() {
    source.with(CLUSTER, "a=a1", "b=b1").with(ENDPOINTS, "a=1", "b=2", "c=3").publish();
    Wire.Sotw stream = wire.sotw();
    stream.subscribe(CLUSTER);
    stream.takes("Cluster a1 b1");
    stream.subscribe(ENDPOINTS, "a", "b");
    stream.takes("ClusterLoadAssignment 1 2", "a", "b");

    source.with(CLUSTER, "c=c1").with(ENDPOINTS, "b=4").publish();

    stream.takes("Cluster a1 b1 c1");
    stream.takes("ClusterLoadAssignment 4", "a", "b");
  }

  @Test
  void sotwAnswersNamesThatAreAddedAfterTheAcknowledgement() {
    source.with(ENDPOINTS, "a=1", "b=2").publish();
    Wire.Sotw stream = wire.sotw();
    stream.subscribe(ENDPOINTS, "a");
    stream.takes("ClusterLoadAssignment 1", "a");

    stream.again("a", "b");

    stream.takes("ClusterLoadAssignment 2", "a", "b");
  }

  @Test
  void sotwMakesBeforeItBreaks() {
    source.with(CLUSTER, "old=old").with(LISTENER, "l=l1").publish();
    Wire.Sotw stream = wire.sotw();
    stream.subscribe(CLUSTER);
    stream.takes("Cluster old");
    stream.subscribe(LISTENER);
    stream.takes("Listener l1");

    source.with(CLUSTER, "old", "new=new").with(LISTENER, "l=l2").publish();

    stream.takes("Cluster new old");
    stream.takes("Listener l2");
    stream.takes("Cluster new");
    stream.silent();
  }

  @Test
  void sotwTakesAnEmptyListAfterNamesForNothing() {
    source.with(LISTENER, "l=l1").publish();
    Wire.Sotw stream = wire.sotw();
    stream.subscribe(LISTENER, "l");
    stream.takes("Listener l1", "l");

    stream.again();
    stream.subscribe(BARRIER);
    stream.takes("barrier");
    source.with(LISTENER, "l=l2").publish();

    stream.silent();
  }

  @Test
  void sotwTellsByAnEmptyAnswerThatAListenerDoesNotExist() {
    source.with(LISTENER).publish();
    Wire.Sotw stream = wire.sotw();

    stream.subscribe(LISTENER, "nowhere");

    stream.takes("Listener", "nowhere");
  }
}
