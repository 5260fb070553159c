// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cloudevents.CloudEvent;
import io.flotilla.conformance.mesh.Eventually;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** One test for each consumer of each channel: its effect, through its public API. */
abstract class Effects {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern RENEWED =
      Pattern.compile(
          "(?m)^flotilla_certificate_events_total\\{[^}]*\"io\\.flotilla\\.certificate\\.renewed\"[^}]*} ([0-9.E]+)$");

  private Happening what;
  private Broker broker;

  /** What the tests look for. */
  void happened(Happening happening, Broker carrier) {
    what = happening;
    broker = carrier;
  }

  @Test
  void configurationIsOnTheConsolesTimeLine() throws Exception {
    Eventually.within(
        PATIENCE,
        () -> {
          JsonNode events =
              Http.json(what.mesh().control(20001).resolve("/console/api/events?limit=5000"));
          assertThat(events)
              .anySatisfy(
                  event -> {
                    assertThat(event.path("type").asText())
                        .isEqualTo("io.flotilla.config.accepted");
                    assertThat(event.toString()).contains("VirtualService default/" + what.host());
                    assertThat(at(event, "at")).isAfterOrEqualTo(what.began());
                  });
          assertThat(events)
              .anySatisfy(
                  event -> {
                    assertThat(event.path("type").asText())
                        .isEqualTo("io.flotilla.config.rejected");
                    assertThat(event.path("detail").asText()).contains(what.wrong(), "nonsense");
                  });
        });
  }

  @Test
  void configurationIsAnAnnotationOfTelemetry() throws Exception {
    Eventually.within(
        PATIENCE,
        () ->
            assertThat(annotations())
                .anySatisfy(
                    event -> {
                      assertThat(event.path("type").asText())
                          .isEqualTo("io.flotilla.config.accepted");
                      assertThat(event.path("data").path("objects").toString())
                          .contains("VirtualService default/" + what.host());
                    }));
  }

  @Test
  void pilotKnowsWhoMadeTheRevision() throws Exception {
    Eventually.within(
        PATIENCE,
        () ->
            assertThat(Http.json(what.mesh().control(15014).resolve("/debug/revisions")))
                .anySatisfy(
                    revision -> {
                      assertThat(revision.path("objects").toString())
                          .contains("VirtualService default/" + what.host());
                      assertThat(revision.path("author").asText()).isNotEmpty();
                      assertThat(revision.path("cause").asText()).isNotEmpty();
                      assertThat(revision.path("applied").asBoolean()).isTrue();
                      assertThat(at(revision, "time")).isAfterOrEqualTo(what.began());
                    }));
  }

  @Test
  void galleyKnowsThatEveryProxyIsProgrammed() throws Exception {
    int connected =
        Http.json(what.mesh().control(15014).resolve("/debug/adsz")).path("totalClients").asInt();
    assertThat(connected).isGreaterThan(6);
    Eventually.within(
        PATIENCE,
        () -> {
          JsonNode status = Http.json(what.mesh().control(20002).resolve("/galley/api/status"));
          assertThat(status.path("programmed").path("connected").asInt()).isEqualTo(connected);
          assertThat(status.path("programmed").path("proxies").asInt()).isEqualTo(connected);
          assertThat(status.path("proxies"))
              .allSatisfy(
                  proxy ->
                      assertThat(proxy.path("revision").asLong())
                          .isGreaterThanOrEqualTo(what.revision()));
        });
  }

  @Test
  void theConsoleTellsUntilWhenAProxyWasInStep() throws Exception {
    Eventually.within(
        PATIENCE,
        () -> {
          JsonNode proxies =
              Http.json(what.mesh().control(20001).resolve("/console/api/status")).path("proxies");
          assertThat(proxies)
              .isNotEmpty()
              .allSatisfy(
                  proxy -> assertThat(at(proxy, "acknowledgedAt")).isAfterOrEqualTo(what.began()));
        });
  }

  @Test
  void acknowledgementsAreAnnotationsOfTelemetry() throws Exception {
    Eventually.within(
        PATIENCE,
        () ->
            assertThat(annotations())
                .anySatisfy(
                    event -> {
                      assertThat(event.path("type").asText())
                          .isEqualTo("io.flotilla.proxy.acknowledged");
                      assertThat(event.path("data").path("configRevision").asLong())
                          .isGreaterThanOrEqualTo(what.revision());
                    }));
  }

  @Test
  void renewalsAreOnTheConsolesTimeLine() throws Exception {
    Eventually.within(
        PATIENCE,
        () ->
            assertThat(
                    Http.json(what.mesh().control(20001).resolve("/console/api/events?limit=5000")))
                .anySatisfy(
                    event -> {
                      assertThat(event.path("type").asText())
                          .isEqualTo("io.flotilla.certificate.renewed");
                      assertThat(event.path("subject").asText()).isEqualTo(what.identity());
                      assertThat(event.path("detail").asText()).contains("expiry");
                      assertThat(at(event, "at")).isAfterOrEqualTo(what.began());
                    }));
  }

  @Test
  void telemetryCountsRenewals() throws Exception {
    Eventually.within(
        PATIENCE,
        () -> {
          List<JsonNode> renewals =
              annotations().stream()
                  .filter(e -> e.path("type").asText().equals("io.flotilla.certificate.renewed"))
                  .toList();
          assertThat(renewals)
              .extracting(event -> event.path("data").path("serial").asText())
              .contains(what.serial());
          Matcher counter =
              RENEWED.matcher(Http.text(what.mesh().control(20005).resolve("/q/metrics")));
          assertThat(counter.find()).as("the counter of renewals").isTrue();
          assertThat(Double.parseDouble(counter.group(1))).isGreaterThanOrEqualTo(renewals.size());
        });
  }

  @Test
  void theTraceOfARequestIsReadThroughJaegersApi() throws Exception {
    Eventually.within(
        PATIENCE,
        () -> {
          JsonNode trace =
              Http.json(what.mesh().control(16686).resolve("/api/traces/" + what.trace()))
                  .at("/data/0");
          assertThat(trace.path("processes"))
              .extracting(process -> process.path("serviceName").asText())
              .contains(
                  "istio-ingressgateway.istio-system", "productpage.default", "reviews.default");
        });
  }

  @Test
  void everyRecordOfEveryTopicIsACloudEvent() throws Exception {
    assertThat(Topic.read(broker.address(), "config-events"))
        .allSatisfy(event -> assertThat(source(event)).isEqualTo("/galley"))
        .anySatisfy(
            event -> {
              assertThat(event.getType()).isEqualTo("io.flotilla.config.accepted");
              assertThat(data(event)).contains("VirtualService default/" + what.host());
            });
    assertThat(Topic.read(broker.address(), "proxy-events"))
        .allSatisfy(event -> assertThat(source(event)).isEqualTo("/pilot"))
        .anySatisfy(
            event -> {
              assertThat(event.getType()).isEqualTo("io.flotilla.proxy.acknowledged");
              assertThat(Objects.requireNonNull(event.getTime()).toInstant())
                  .isAfterOrEqualTo(what.began());
            });
    assertThat(Topic.read(broker.address(), "certificate-events"))
        .allSatisfy(event -> assertThat(source(event)).isEqualTo("/citadel"))
        .anySatisfy(event -> assertThat(data(event)).contains(what.serial()));
    List<CloudEvent> spans = Topic.read(broker.address(), "spans");
    assertThat(spans)
        .allSatisfy(
            event -> {
              assertThat(source(event)).isEqualTo("/telemetry");
              assertThat(event.getDataContentType()).isEqualTo("application/x-protobuf");
            });
    assertThat(spans.stream().map(CloudEvent::getSubject).distinct())
        .as("traces on the topic")
        .contains(what.trace());
  }

  private List<JsonNode> annotations() throws Exception {
    JsonNode all =
        Http.json(
            what.mesh()
                .control(20005)
                .resolve("/telemetry/api/annotations?limit=10000&since=" + what.began()));
    return all.valueStream().toList();
  }

  private static Instant at(JsonNode node, String field) {
    assertThat(node.path(field).isTextual()).as(field + " of " + node).isTrue();
    return Instant.parse(node.path(field).asText());
  }

  private static String source(CloudEvent event) {
    return event.getSource().toString();
  }

  private static String data(CloudEvent event) {
    return new String(
        Objects.requireNonNull(event.getData()).toBytes(), java.nio.charset.StandardCharsets.UTF_8);
  }
}
