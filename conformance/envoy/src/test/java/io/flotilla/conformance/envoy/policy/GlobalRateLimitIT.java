// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.RateLimit;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.GlobalRateLimit;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.LocalRateLimit.VirtualHostRules;
import io.flotilla.model.policy.RateLimitRule;
import io.flotilla.model.policy.RateLimitRule.Action;
import io.flotilla.model.route.Route;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One rate-limit service behind our engine and a real Envoy with the same configuration: it is
 * asked the same, and what it says has the same effect.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GlobalRateLimitIT {
  private static final String NAME = HttpFilter.Rate.NAME;

  private final BlockingQueue<RateLimitRequest> asked = new LinkedBlockingQueue<>();
  private volatile RateLimitResponse answer = RateLimitResponse.getDefaultInstance();
  private volatile boolean silent;
  private volatile Optional<Status> error = Optional.empty();
  private Server service;
  private Application application;
  private Pair sides;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    Pair.assumeEnvoy();
    application =
        new Application(name -> name.startsWith("x-up"), (exchange, told) -> told.toString());
    service =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                new RateLimitServiceGrpc.RateLimitServiceImplBase() {
                  @Override
                  public void shouldRateLimit(
                      RateLimitRequest request, StreamObserver<RateLimitResponse> responses) {
                    asked.add(request);
                    if (error.isPresent()) {
                      responses.onError(error.get().asRuntimeException());
                    } else if (!silent) {
                      responses.onNext(answer);
                      responses.onCompleted();
                    }
                  }
                })
            .build()
            .start();
    sides = new Pair(folder, snapshot());
  }

  @AfterAll
  void stop() {
    if (sides != null) {
      sides.close();
      application.close();
      service.shutdownNow();
    }
  }

  private static GlobalRateLimit limit(
      int stage, boolean deny, GlobalRateLimit.Answer answer, Percentage enforced, String prefix) {
    return new GlobalRateLimit(
        "shop",
        stage,
        GlobalRateLimit.Requests.BOTH,
        new GrpcService("limits", "limits.test", java.time.Duration.ofSeconds(2), Map.of()),
        deny,
        deny ? 503 : 500,
        answer,
        Percentage.ALL,
        enforced,
        prefix);
  }

  private ProxySnapshot snapshot() {
    Map<String, Listener> listeners = new LinkedHashMap<>();
    GlobalRateLimit.Answer plain = GlobalRateLimit.Answer.PLAIN;
    GlobalRateLimit.Answer rich =
        new GlobalRateLimit.Answer(
            503, true, true, false, List.of(new LocalRateLimit.Header("x-more", "m", true)));
    add(listeners, "plain", limit(0, false, plain, Percentage.ALL, ""));
    add(listeners, "rich", limit(0, true, rich, Percentage.ALL, "rich"));
    add(listeners, "shadow", limit(0, false, plain, Percentage.NONE, ""));
    add(listeners, "stage", limit(3, false, plain, Percentage.ALL, ""));
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    clusters.put("app", Clusters.fixed("app", application.port()));
    clusters.put("limits", Clusters.http2(Clusters.fixed("limits", service.getPort())));
    return new ProxySnapshot(1, listeners, Map.of(), clusters, Map.of(), Map.of());
  }

  private static RateLimitRule generic(int stage, String value) {
    return new RateLimitRule(stage, List.of(new Action.Generic("", value)));
  }

  private static void add(Map<String, Listener> listeners, String name, GlobalRateLimit limit) {
    List<Route> routes =
        List.of(
            Limited.at("/off", Map.of(NAME, new FilterOverride.Off()), List.of()),
            Limited.at("/host", Map.of(), List.of()),
            Limited.at(
                "/both",
                Map.of(NAME, new FilterOverride.Rate(VirtualHostRules.ALWAYS, List.of(), "")),
                List.of(generic(0, "both"))),
            Limited.at(
                "/never",
                Map.of(NAME, new FilterOverride.Rate(VirtualHostRules.NEVER, List.of(), "")),
                List.of()),
            Limited.at(
                "/own",
                Map.of(
                    NAME,
                    new FilterOverride.Rate(
                        VirtualHostRules.WITHOUT_ROUTES,
                        List.of(generic(0, "own")),
                        "other-domain")),
                List.of(generic(0, "route"))),
            Limited.at(
                "/",
                Map.of(),
                List.of(
                    new RateLimitRule(
                        0,
                        List.of(
                            new Action.DestinationCluster(),
                            new Action.Header("x-user", "user", true),
                            new Action.RemoteAddress())),
                    new RateLimitRule(0, List.of(new Action.Header("x-tenant", "tenant", false))),
                    generic(3, "third"))));
    listeners.put(
        name, Limited.listener(name, routes, generic(0, "host"), new HttpFilter.Rate(NAME, limit)));
  }

  private String ask(int port, String head) throws Exception {
    asked.clear();
    String said = PlainHttp.normal(PlainHttp.exchange(port, head + "\r\nhost: a\r\n\r\n"));
    RateLimitRequest question = asked.poll();
    return said
        + " asked "
        + (question == null
            ? "nothing"
            : TextFormat.printer().emittingSingleLine(true).printToString(question));
  }

  /** What both answer, and ask. */
  private String compare(String listener, String head) throws Exception {
    String theirs = ask(sides.theirs(listener), head);
    String ours = ask(sides.ours(listener), head);
    assertThat(ours).as(listener + " " + head).isEqualTo(theirs);
    return ours;
  }

  private static final String GET = "GET / HTTP/1.1";

  private static RateLimitResponse.Builder over() {
    return RateLimitResponse.newBuilder().setOverallCode(Code.OVER_LIMIT);
  }

  private static DescriptorStatus status(int most, RateLimit.Unit unit, int left, String name) {
    return DescriptorStatus.newBuilder()
        .setCode(left > 0 ? Code.OK : Code.OVER_LIMIT)
        .setCurrentLimit(
            RateLimit.newBuilder().setRequestsPerUnit(most).setUnit(unit).setName(name))
        .setLimitRemaining(left)
        .setDurationUntilReset(Duration.newBuilder().setSeconds(17))
        .build();
  }

  @Test
  void asksByTheRulesOfTheRoute() throws Exception {
    answer = RateLimitResponse.newBuilder().setOverallCode(Code.OK).build();

    String seen = compare("plain", GET + "\r\nx-user: alice\r\nx-tenant: t");
    compare("plain", GET);
    compare("plain", "GET /host HTTP/1.1");
    compare("plain", "GET /both HTTP/1.1");
    compare("plain", "GET /never HTTP/1.1");
    String own = compare("plain", "GET /own HTTP/1.1");
    compare("plain", "GET /off HTTP/1.1");
    compare("stage", GET);
    compare("stage", "GET /host HTTP/1.1");

    assertThat(seen).contains("HTTP/1.1 200", "destination_cluster", "alice", "remote_address");
    assertThat(own).contains("other-domain", "\"own\"").doesNotContain("\"route\"");
  }

  @Test
  void refusesWhatTheServiceSaysIsTooMuch() throws Exception {
    answer =
        over()
            .addResponseHeadersToAdd(
                HeaderValue.newBuilder().setKey("x-service").setValue("too many"))
            .addRequestHeadersToAdd(HeaderValue.newBuilder().setKey("x-up").setValue("1"))
            .addStatuses(status(10, RateLimit.Unit.MINUTE, 3, "minute"))
            .addStatuses(status(100, RateLimit.Unit.HOUR, 0, ""))
            .addStatuses(DescriptorStatus.newBuilder().setCode(Code.OK))
            .setRawBody(ByteString.copyFromUtf8("come back later"))
            .build();

    String plain = compare("plain", GET);
    String rich = compare("rich", GET);
    compare("rich", "POST / HTTP/1.1\r\ncontent-length: 0\r\ncontent-type: application/grpc");
    String shadow = compare("shadow", GET);

    assertThat(plain)
        .contains("HTTP/1.1 429", "x-envoy-ratelimited: true", "too many", "come back later");
    assertThat(rich)
        .contains("HTTP/1.1 503", "x-ratelimit-limit: 100, 10;w=60;name=\"minute\", 100;w=3600")
        .doesNotContain("x-envoy-ratelimited");
    assertThat(shadow).contains("HTTP/1.1 200").contains("{x-up=1}");
  }

  @Test
  void tellsClientsAndUpstreamsWhatTheServiceAdds() throws Exception {
    answer =
        RateLimitResponse.newBuilder()
            .setOverallCode(Code.OK)
            .addResponseHeadersToAdd(HeaderValue.newBuilder().setKey("x-left").setValue("7"))
            .addRequestHeadersToAdd(HeaderValue.newBuilder().setKey("x-up").setValue("1"))
            .addStatuses(status(10, RateLimit.Unit.SECOND, 7, "s"))
            .build();

    compare("plain", GET + "\r\nx-up: 0");
    assertThat(compare("rich", GET)).contains("x-ratelimit-remaining: 7", "x-left: 7", "{x-up=1}");
  }

  @Test
  void doesOnErrorsWhatTheConfigurationSays() throws Exception {
    error = Optional.of(Status.UNAVAILABLE);
    assertThat(compare("plain", GET)).contains("HTTP/1.1 200");
    assertThat(compare("rich", GET)).contains("HTTP/1.1 503");
    error = Optional.empty();
    silent = true;
    assertThat(compare("rich", GET)).contains("HTTP/1.1 503");
    silent = false;
  }

  @Test
  void countsWhatEnvoyCounts() throws Exception {
    answer = over().build();
    compare("plain", GET);
    compare("rich", GET);
    answer = RateLimitResponse.newBuilder().setOverallCode(Code.OK).build();
    compare("plain", GET);

    Map<String, Long> ours = Ours.statistics(sides.engine(), ".ratelimit.");
    assertThat(ours).isEqualTo(sides.envoy().statistics(".ratelimit.")).hasSizeGreaterThan(2);
  }

  @Test
  void neverLetsAServiceWriteASecondRequest() throws Exception {
    answer =
        RateLimitResponse.newBuilder()
            .setOverallCode(Code.OK)
            .addRequestHeadersToAdd(
                HeaderValue.newBuilder().setKey("x-up").setValue("1\r\nx-up-smuggled: 2"))
            .addRequestHeadersToAdd(
                HeaderValue.newBuilder().setKey("transfer-encoding").setValue("chunked"))
            .addResponseHeadersToAdd(
                HeaderValue.newBuilder().setKey("x-a").setValue("1\r\n\r\nsmuggled"))
            .build();
    List<String> seen = new ArrayList<>();

    seen.add(ask(sides.ours("plain"), GET));

    assertThat(seen.getFirst()).contains("HTTP/1.1 200").contains("{}").doesNotContain("smuggled");
  }
}
