// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Struct;
import com.google.protobuf.TextFormat;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.core.v3.QueryParameter;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.DeniedHttpResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.ExternalAuthorization.Body;
import io.flotilla.model.policy.ExternalAuthorization.OnError;
import io.flotilla.model.policy.ExternalAuthorization.Question;
import io.flotilla.model.policy.ExternalAuthorization.Service;
import io.flotilla.model.policy.ExternalAuthorization.When;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.Rbac;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One authorization service behind our engine and a real Envoy with the same configuration: it is
 * asked the same, and what it says has the same effect on the client, the application and the log.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExternalAuthorizationIT {
  private static final String AUTHZ = ExternalAuthorization.METADATA;

  private Application application;
  private AuthorizationServer service;
  private Pair sides;
  private Path log;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    Pair.assumeEnvoy();
    log = folder.resolve("access.log");
    application =
        new Application(
            name -> !name.equals("x-request-id"),
            (exchange, told) -> {
              String body =
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
              exchange.getResponseHeaders().add("x-app", "one");
              return exchange.getRequestURI()
                  + " "
                  + told
                  + " "
                  + body.length()
                  + " "
                  + body.hashCode();
            });
    service = new AuthorizationServer();
    sides = new Pair(folder, snapshot());
  }

  @AfterAll
  void stop() {
    if (sides != null) {
      sides.close();
      application.close();
      service.close();
    }
  }

  private static GrpcService grpcService(String cluster) {
    return new GrpcService(
        cluster, "authz.test", Duration.ofSeconds(2), Map.of("x-initial", "metadata"));
  }

  private static ExternalAuthorization grpc(Question question, When when, OnError onError) {
    return new ExternalAuthorization(
        new Service.Grpc(grpcService("authz")), question, when, onError, true, false, "");
  }

  private static Question body(int largest, boolean partial, boolean bytes) {
    return new Question(
        Optional.of(new Body(largest, partial, bytes)),
        Optional.empty(),
        List.of(),
        List.of(),
        false,
        false);
  }

  private static ExternalAuthorization http(
      String cluster, boolean choosy, Optional<Body> body, OnError onError) {
    List<StringMatch> x = List.of(StringMatch.prefix("x-"));
    List<StringMatch> none = List.of();
    return new ExternalAuthorization(
        new Service.Http(
            "http://authz.test",
            cluster,
            Duration.ofSeconds(2),
            "/check",
            choosy ? Map.of("x-added", "by config") : Map.of(),
            choosy ? List.of(StringMatch.exact("x-up")) : none,
            choosy ? List.of(StringMatch.exact("x-app")) : none,
            choosy ? x : none,
            choosy ? List.of(StringMatch.exact("x-ok")) : none,
            none),
        new Question(
            body,
            choosy ? Optional.of(x) : Optional.empty(),
            choosy ? List.of(StringMatch.exact("x-secret")) : none,
            List.of(),
            false,
            false),
        When.ALWAYS,
        onError,
        false,
        false,
        "");
  }

  private ProxySnapshot snapshot() {
    Map<String, Listener> listeners = new LinkedHashMap<>();
    add(listeners, "plain", grpc(Question.PLAIN, When.ALWAYS, OnError.DENY));
    add(listeners, "open", grpc(Question.PLAIN, When.ALWAYS, new OnError(true, true, 403)));
    add(listeners, "status", grpc(Question.PLAIN, When.ALWAYS, new OnError(false, false, 503)));
    add(listeners, "whole", grpc(body(1000, false, false), When.ALWAYS, OnError.DENY));
    add(listeners, "partial", grpc(body(1000, true, true), When.ALWAYS, OnError.DENY));
    add(
        listeners,
        "choosy",
        grpc(
            new Question(
                Optional.empty(),
                Optional.of(List.of(StringMatch.prefix("x-"), StringMatch.exact(":path"))),
                List.of(StringMatch.exact("x-secret")),
                List.of(),
                false,
                false),
            When.ALWAYS,
            OnError.DENY));
    add(
        listeners,
        "never",
        grpc(Question.PLAIN, new When(Percentage.NONE, Optional.empty(), false), OnError.DENY));
    add(
        listeners,
        "denied",
        grpc(Question.PLAIN, new When(Percentage.NONE, Optional.empty(), true), OnError.DENY));
    add(
        listeners,
        "dead",
        new ExternalAuthorization(
            new Service.Grpc(grpcService("dead")),
            Question.PLAIN,
            When.ALWAYS,
            OnError.DENY,
            false,
            false,
            ""));
    add(
        listeners,
        "strict",
        new ExternalAuthorization(
            new Service.Grpc(grpcService("authz")),
            Question.PLAIN,
            When.ALWAYS,
            OnError.DENY,
            false,
            true,
            "waf"));
    add(listeners, "http", http("authz-http", false, Optional.empty(), OnError.DENY));
    add(
        listeners,
        "http-choosy",
        http("authz-http", true, Optional.of(new Body(1000, true, false)), OnError.DENY));
    add(
        listeners,
        "http-dead",
        http("dead", false, Optional.empty(), new OnError(false, false, 502)));
    listeners.put(
        "noted",
        listener(
            "noted",
            List.of(
                new HttpFilter.Authorization(
                    AUTHZ, grpc(Question.PLAIN, When.ALWAYS, OnError.DENY)),
                new HttpFilter.AccessControl(
                    new Rbac(
                        Optional.of(
                            new AccessRules(
                                AccessRules.Action.ALLOW,
                                Map.of("alice", new AccessPolicy(List.of(ALICE), List.of(ALICE))))),
                        Optional.empty(),
                        "")),
                new HttpFilter.Router(false))));
    addIstios(listeners);
    addTcp(listeners, "tcp", false);
    addTcp(listeners, "tcp-open", true);
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    clusters.put("app", fixed("app", application.port()));
    clusters.put("other", fixed("other", application.port()));
    clusters.put("authz", Clusters.http2(fixed("authz", service.grpcPort())));
    clusters.put("authz-http", fixed("authz-http", service.httpPort()));
    clusters.put("dead", Clusters.http2(fixed("dead", 1)));
    return new ProxySnapshot(1, listeners, Map.of(), clusters, Map.of(), Map.of());
  }

  private static Cluster fixed(String name, int port) {
    return Cluster.of(
        name,
        new Discovery.Static(
            ClusterLoadAssignment.of(name, List.of(Endpoint.of("127.0.0.1", port)))));
  }

  private static final AccessCondition ALICE =
      new AccessCondition.Metadata(
          new MetadataMatch(
              AUTHZ, List.of("user"), new ValueMatch.Text(StringMatch.exact("alice")), false));
  private static final StringMatch PROVIDER = StringMatch.prefix("istio-ext-authz-p-");

  private static Rbac shadow(AccessCondition what) {
    return new Rbac(
        Optional.empty(),
        Optional.of(
            new AccessRules(
                AccessRules.Action.DENY,
                Map.of(
                    "istio-ext-authz-p-ns[a]-policy[b]-rule[0]",
                    new AccessPolicy(List.of(what), List.of(new AccessCondition.Any()))))),
        "istio_ext_authz_");
  }

  private static Optional<MetadataMatch> whenShadowed(String filter) {
    return Optional.of(
        new MetadataMatch(
            filter,
            List.of("istio_ext_authz_shadow_effective_policy_id"),
            new ValueMatch.Text(PROVIDER),
            false));
  }

  // As istiod does AuthorizationPolicy's CUSTOM.
  private void addIstios(Map<String, Listener> listeners) {
    listeners.put(
        "istio",
        listener(
            "istio",
            List.of(
                new HttpFilter.AccessControl(
                    shadow(new AccessCondition.UrlPath(StringMatch.prefix("/ext")))),
                new HttpFilter.Authorization(
                    AUTHZ,
                    grpc(
                        new Question(
                            Optional.empty(),
                            Optional.empty(),
                            List.of(),
                            List.of(Rbac.METADATA),
                            false,
                            false),
                        new When(Percentage.ALL, whenShadowed(Rbac.METADATA), false),
                        OnError.DENY)),
                new HttpFilter.Router(false))));
  }

  private void addTcp(Map<String, Listener> listeners, String name, boolean open) {
    listeners.put(
        name,
        Listener.of(
            name,
            new SocketAddress("127.0.0.1", 0),
            Listener.TrafficDirection.INBOUND,
            new FilterChain(
                "all",
                FilterChainMatch.ANY,
                Optional.empty(),
                List.of(
                    new NetworkFilter.AccessControl(shadow(new AccessCondition.Any()), "tcp."),
                    new NetworkFilter.Authorization(
                        grpcService("authz"),
                        "tcp.",
                        open,
                        false,
                        false,
                        whenShadowed("envoy.filters.network.rbac"))),
                new TcpProxy(
                    "tcp", new ClusterChoice.Single("app"), Optional.empty(), List.of()))));
  }

  private void add(Map<String, Listener> listeners, String name, ExternalAuthorization a) {
    listeners.put(
        name,
        listener(
            name, List.of(new HttpFilter.Authorization(AUTHZ, a), new HttpFilter.Router(false))));
  }

  private static Route at(String path, Map<String, FilterOverride> filters, RouteAction action) {
    return new Route(
        path,
        RouteMatch.of(new PathMatch.Prefix(path)),
        action,
        HeaderEdits.NONE,
        Optional.empty(),
        Optional.empty(),
        "",
        "",
        filters);
  }

  private Listener listener(String name, List<HttpFilter> filters) {
    RouteAction app = RouteAction.Forward.to("app");
    Route byHeader =
        new Route(
            "header",
            new RouteMatch(
                new PathMatch.Prefix("/"),
                true,
                List.of(io.flotilla.model.match.HeaderMatch.present("x-way")),
                List.of(),
                Optional.empty(),
                false),
            new RouteAction.DirectResponse(418, "another way"),
            new HeaderEdits(
                List.of(),
                List.of(),
                List.of(new HeaderEdits.Edit("x-route", "way", HeaderEdits.Mode.APPEND)),
                List.of()),
            Optional.empty(),
            Optional.empty(),
            "",
            "");
    List<Route> routes =
        List.of(
            byHeader,
            at("/off", Map.of(AUTHZ, new FilterOverride.Off()), app),
            at(
                "/context",
                Map.of(
                    AUTHZ,
                    new FilterOverride.Authorization(
                        Map.of("k", "route", "r", "1"), false, Optional.empty())),
                app),
            at(
                "/bodiless",
                Map.of(AUTHZ, new FilterOverride.Authorization(Map.of(), true, Optional.empty())),
                app),
            at(
                "/body",
                Map.of(
                    AUTHZ,
                    new FilterOverride.Authorization(
                        Map.of(), false, Optional.of(new Body(50, true, false)))),
                app),
            at("/ext", Map.of(), app),
            at("/x", Map.of(), app));
    HttpConnectionManager plain =
        HttpConnectionManager.of(
            name,
            new HttpConnectionManager.RouteSource.Inline(
                new RouteConfiguration(
                    name,
                    List.of(
                        new VirtualHost(
                            "all",
                            List.of("*"),
                            routes,
                            HeaderEdits.NONE,
                            Optional.empty(),
                            false,
                            Map.of(
                                AUTHZ,
                                new FilterOverride.Authorization(
                                    Map.of("k", "host", "h", "2"), false, Optional.empty())))),
                    HeaderEdits.NONE,
                    true,
                    false,
                    4096,
                    Map.of())),
            filters);
    return Listener.of(
        name,
        new SocketAddress("127.0.0.1", 0),
        Listener.TrafficDirection.INBOUND,
        FilterChain.plain("all", logged(plain)));
  }

  private HttpConnectionManager logged(HttpConnectionManager m) {
    return new HttpConnectionManager(
        m.statPrefix(),
        m.codec(),
        m.routes(),
        m.filters(),
        m.useRemoteAddress(),
        m.xffTrustedHops(),
        m.forwardClientCert(),
        m.setCurrentClientCertDetails(),
        m.serverName(),
        m.paths(),
        m.streamIdleTimeout(),
        m.requestHeadersTimeout(),
        m.idleTimeout(),
        m.maxRequestHeadersKiB(),
        m.upgrades(),
        m.tracing(),
        List.of(
            AccessLog.text(
                log.toString(),
                "%REQ(X-CASE)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n")));
  }

  // ---- asking ----

  // Without what belongs to the connection and to the moment.
  private static String normal(CheckRequest request) {
    if (request == null) {
      return "not asked";
    }
    CheckRequest.Builder b = request.toBuilder();
    var attributes = b.getAttributesBuilder();
    assertThat(attributes.getRequest().getTime().getSeconds()).isPositive();
    assertThat(attributes.getRequest().getHttp().getId()).isNotEmpty();
    attributes.getRequestBuilder().clearTime().getHttpBuilder().clearId().clearSize();
    attributes.getRequestBuilder().getHttpBuilder().removeHeaders("x-request-id");
    attributes.getSourceBuilder().getAddressBuilder().getSocketAddressBuilder().clearPortValue();
    attributes
        .getDestinationBuilder()
        .getAddressBuilder()
        .getSocketAddressBuilder()
        .clearPortValue();
    TreeMap<String, String> headers =
        new TreeMap<>(attributes.getRequest().getHttp().getHeadersMap());
    attributes.getRequestBuilder().getHttpBuilder().clearHeaders();
    return TextFormat.printer().emittingSingleLine(true).printToString(b) + " headers " + headers;
  }

  private record Seen(String answer, String asked, String called, String line) {}

  private Seen ask(int port, String request, String name) throws Exception {
    service.lastCheck();
    service.lastCall();
    service.metadata.clear();
    String answer = PlainHttp.normal(PlainHttp.exchange(port, request));
    return new Seen(answer, normal(service.lastCheck()), service.lastCall(), line(name));
  }

  private String line(String name) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      for (String each : Files.readString(log).split("\n")) {
        if (each.startsWith(name + " ")) {
          return each.substring(name.length() + 1);
        }
      }
      assertThat(System.nanoTime()).as("a line of " + name).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private int port(String listener) {
    return sides.ours(listener);
  }

  private final List<String> differences = new ArrayList<>();
  private int number;

  /** Sends a request to both, and compares; what was seen with ours. */
  private Seen compare(String listener, String head, String... body) throws Exception {
    String content = String.join("", body);
    Seen[] seen = new Seen[2];
    for (int side = 0; side < 2; side++) {
      String name = "c" + (1000 + ++number);
      String request =
          head
              + "\r\nhost: shop.test\r\nx-case: "
              + name
              + (body.length == 0 ? "" : "\r\ncontent-length: " + content.length())
              + "\r\n\r\n"
              + content;
      Seen raw = ask(side == 0 ? sides.theirs(listener) : port(listener), request, name);
      seen[side] =
          new Seen(
              raw.answer().replace(name, "case"),
              raw.asked().replace(name, "case"),
              raw.called().replace(name, "case").replaceAll("x-request-id=[^,}]*", ""),
              raw.line());
    }
    if (!seen[0].equals(seen[1])) {
      differences.add(listener + ": " + head + "\n  Envoy: " + seen[0] + "\n  ours:  " + seen[1]);
    }
    return seen[1];
  }

  private void answer(CheckResponse.Builder response) {
    service.answer = AuthorizationServer.Answer.of(response.build());
  }

  private static CheckResponse.Builder ok(OkHttpResponse.Builder ok) {
    return CheckResponse.newBuilder().setOkResponse(ok);
  }

  private static CheckResponse.Builder denied(DeniedHttpResponse.Builder denied) {
    CheckResponse.Builder b = CheckResponse.newBuilder().setDeniedResponse(denied);
    b.getStatusBuilder().setCode(Status.Code.PERMISSION_DENIED.value());
    return b;
  }

  @SuppressWarnings("deprecation")
  private static HeaderValueOption header(String name, String value, boolean append) {
    return plain(name, value).toBuilder().setAppend(BoolValue.of(append)).build();
  }

  private static HeaderValueOption plain(String name, String value) {
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))
        .build();
  }

  private static HeaderValueOption header(String name, String value, HeaderAppendAction action) {
    return plain(name, value).toBuilder().setAppendAction(action).build();
  }

  private void same() {
    List<String> found = List.copyOf(differences);
    differences.clear();
    assertThat(found).isEmpty();
  }

  // ---- the tests ----

  @Test
  void asksAndLetsPassWhatTheServiceAllows() throws Exception {
    answer(CheckResponse.newBuilder());

    Seen seen =
        compare("plain", "GET /x?a=1&b=%20 HTTP/1.1\r\nx-two: 1\r\nX-Two: 2\r\ncookie: a=b");
    compare("plain", "POST /x HTTP/1.1", "content");
    compare("plain", "GET /context/a HTTP/1.1\r\nx-envoy-auth-partial-body: true");
    compare("plain", "GET /off HTTP/1.1");
    compare("plain", "GET /missing HTTP/1.1");
    compare("choosy", "GET /x HTTP/1.1\r\nx-a: 1\r\nx-secret: s\r\nauthorization: b");
    compare("never", "GET /x HTTP/1.1");
    compare("denied", "GET /x HTTP/1.1");
    compare("denied", "GET /off HTTP/1.1");

    same();
    assertThat(seen.asked()).contains("x-two").contains("shop.test");
    assertThat(seen.answer()).startsWith("HTTP/1.1 200").contains("/x?a=1");
  }

  @Test
  void refusesInTheServicesWords() throws Exception {
    answer(denied(DeniedHttpResponse.newBuilder()));
    Seen plain = compare("plain", "GET /x HTTP/1.1");
    answer(
        CheckResponse.newBuilder()
            .setStatus(
                com.google.rpc.Status.newBuilder().setCode(Status.Code.UNAUTHENTICATED.value())));
    compare("plain", "GET /x HTTP/1.1");
    answer(
        denied(
            DeniedHttpResponse.newBuilder()
                .setStatus(HttpStatus.newBuilder().setCode(StatusCode.Found))
                .addHeaders(plain("Location", "http://login.test/"))
                .addHeaders(plain("set-cookie", "a=1"))
                .addHeaders(plain("set-cookie", "b=2"))
                .addHeaders(header("x-one", "appended", true))
                .addHeaders(header("x-two", "set", false))
                .setBody("go there")));
    Seen redirect = compare("plain", "GET /x HTTP/1.1");
    compare("plain", "HEAD /x HTTP/1.1");
    compare("plain", "POST /x HTTP/1.1\r\ncontent-type: application/grpc\r\nte: trailers", "x");
    answer(
        denied(
            DeniedHttpResponse.newBuilder()
                .setStatus(HttpStatus.newBuilder().setCode(StatusCode.Unauthorized))
                .addHeaders(plain("content-type", "application/json"))
                .setBody("{}")));
    compare("plain", "GET /x HTTP/1.1");

    same();
    assertThat(plain.answer()).startsWith("HTTP/1.1 403");
    assertThat(plain.line()).isEqualTo("403 UAEX ext_authz_denied");
    assertThat(redirect.answer())
        .startsWith("HTTP/1.1 302")
        .contains("set-cookie: a=1|set-cookie: b=2");
  }

  @Test
  void changesTheRequestAndTheAnswerAsToldByTheService() throws Exception {
    for (HeaderAppendAction action :
        List.of(
            HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD,
            HeaderAppendAction.ADD_IF_ABSENT,
            HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
            HeaderAppendAction.OVERWRITE_IF_EXISTS)) {
      answer(
          ok(
              OkHttpResponse.newBuilder()
                  .addHeaders(header("x-there", "2", action))
                  .addHeaders(header("x-new", "2", action))
                  .addResponseHeadersToAdd(header("x-app", "2", action))
                  .addResponseHeadersToAdd(header("x-none", "2", action))));
      compare("plain", "GET /x HTTP/1.1\r\nx-there: 1");
    }
    for (boolean append : new boolean[] {true, false}) {
      answer(
          ok(
              OkHttpResponse.newBuilder()
                  .addHeaders(header("x-there", "2", append))
                  .addHeaders(header("x-new", "2", append))
                  .addHeaders(header("x-new", "3", append))
                  .addResponseHeadersToAdd(header("x-app", "2", append))
                  .addResponseHeadersToAdd(header("x-none", "2", append))));
      compare("plain", "GET /x HTTP/1.1\r\nx-there: 1");
    }
    answer(
        ok(
            OkHttpResponse.newBuilder()
                .addHeadersToRemove("x-gone")
                .addHeadersToRemove("X-Upper")
                .addHeadersToRemove("host")
                .addHeadersToRemove(":path")
                .addHeaders(plain("x-empty", ""))));
    compare("plain", "GET /x HTTP/1.1\r\nx-gone: 1\r\nx-upper: 2\r\nx-stays: 3");
    answer(
        ok(
            OkHttpResponse.newBuilder()
                .addQueryParametersToSet(parameter("a", "9"))
                .addQueryParametersToSet(parameter("new", "1"))
                .addQueryParametersToRemove("b")));
    Seen query = compare("plain", "GET /x?a=1&b=2&c=3 HTTP/1.1");
    compare("plain", "GET /x HTTP/1.1");
    answer(ok(OkHttpResponse.newBuilder().addHeaders(plain("x-way", "1"))));
    Seen rerouted = compare("plain", "GET /x HTTP/1.1");
    answer(ok(OkHttpResponse.newBuilder().addHeaders(plain(":path", "/x/other"))));
    compare("plain", "GET /x HTTP/1.1");
    answer(ok(OkHttpResponse.newBuilder().addHeaders(plain("host", "other.test"))));
    compare("plain", "GET /x HTTP/1.1");

    same();
    assertThat(query.answer()).contains("/x?a=9&c=3&new=1");
    assertThat(rerouted.answer()).startsWith("HTTP/1.1 418").contains("another way");
  }

  private static QueryParameter parameter(String name, String value) {
    return QueryParameter.newBuilder().setKey(name).setValue(value).build();
  }

  @Test
  void tellsTheServiceTheBodyWithinItsLimits() throws Exception {
    answer(CheckResponse.newBuilder());

    compare("whole", "GET /x HTTP/1.1");
    compare("whole", "POST /x HTTP/1.1", "");
    Seen small = compare("whole", "POST /x HTTP/1.1", "content");
    compare("whole", "POST /x HTTP/1.1", "b\u00e9\u00ff");
    compare("whole", "POST /x HTTP/1.1", "x".repeat(1000));
    Seen large = compare("whole", "POST /x HTTP/1.1", "x".repeat(1001));
    compare("whole", "POST /bodiless HTTP/1.1", "x".repeat(1001));
    compare("whole", "POST /body HTTP/1.1", "x".repeat(500));
    Seen partial = compare("partial", "POST /x HTTP/1.1", "y".repeat(5000));
    compare("partial", "POST /x HTTP/1.1", "y".repeat(10));

    same();
    assertThat(small.asked()).contains("body: \"content\"").contains("partial-body=false");
    assertThat(large.answer()).startsWith("HTTP/1.1 413");
    assertThat(partial.asked()).contains("partial-body=true").contains("raw_body");
    assertThat(partial.answer()).contains(" 5000 ");
  }

  @Test
  void doesOnErrorsWhatTheConfigurationSays() throws Exception {
    for (AuthorizationServer.Answer error :
        List.of(
            AuthorizationServer.Answer.error(Status.UNAVAILABLE),
            AuthorizationServer.Answer.error(Status.INTERNAL.withDescription("x")),
            AuthorizationServer.Answer.never())) {
      service.answer = error;
      compare("plain", "GET /x HTTP/1.1");
      compare("open", "GET /x HTTP/1.1");
      compare("status", "GET /x HTTP/1.1");
    }
    Seen dead = compare("dead", "GET /x HTTP/1.1");

    same();
    assertThat(dead.line()).isEqualTo("403 UAEX ext_authz_error");
  }

  @Test
  void refusesChangesThatAreNoHeadersWhereTheyAreValidated() throws Exception {
    answer(ok(OkHttpResponse.newBuilder().addHeaders(plain("x bad", "1"))));
    Seen seen = compare("strict", "GET /x HTTP/1.1");
    answer(ok(OkHttpResponse.newBuilder().addHeaders(plain("x-bad", "1\r\nx-smuggled: 2"))));
    compare("strict", "GET /x HTTP/1.1");
    answer(ok(OkHttpResponse.newBuilder().addHeaders(plain("x-good", "1"))));
    compare("strict", "GET /x HTTP/1.1");

    same();
    assertThat(seen.line()).isEqualTo("500 UAEX ext_authz_invalid");
  }

  @Test
  void neverLetsAServiceWriteASecondRequest() throws Exception {
    // Envoy passes these on where it is not told to validate.
    answer(
        ok(
            OkHttpResponse.newBuilder()
                .addHeaders(plain("x-bad", "1\r\nx-smuggled: 2"))
                .addHeaders(plain("transfer-encoding", "chunked"))
                .addHeaders(plain("content-length", "7"))
                .addHeaders(plain(":path", "/x HTTP/1.1\r\n\r\nGET /y"))
                .addResponseHeadersToAdd(plain("x-answer", "1\r\n\r\nsmuggled"))));

    String answer =
        PlainHttp.exchange(port("plain"), "GET /x HTTP/1.1\r\nhost: a\r\nx-case: evil\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 200").doesNotContain("smuggled").contains("/x {");
  }

  @Test
  void asksByHttp() throws Exception {
    compare("http", "GET /x?a=1 HTTP/1.1\r\nauthorization: b\r\nx-a: 1\r\ncookie: c=d");
    compare("http", "POST /x HTTP/1.1", "content");
    Seen choosy =
        compare(
            "http-choosy", "POST /x HTTP/1.1\r\nx-a: 1\r\nx-secret: s\r\ncookie: c=d", "content");
    compare("http-choosy", "POST /x HTTP/1.1", "z".repeat(3000));
    service.httpAnswer =
        exchange -> {
          exchange.getResponseHeaders().add("x-up", "up");
          exchange.getResponseHeaders().add("x-app", "appended");
          exchange.getResponseHeaders().add("x-ok", "shown");
          exchange.getResponseHeaders().add("x-other", "hidden");
          exchange.getResponseHeaders().add("x-envoy-auth-headers-to-remove", "x-gone, x-too");
          exchange.sendResponseHeaders(200, -1);
        };
    compare("http", "GET /x HTTP/1.1\r\nx-gone: 1\r\nx-up: mine");
    Seen changed =
        compare(
            "http-choosy", "GET /x HTTP/1.1\r\nx-gone: 1\r\nx-too: 2\r\nx-up: mine\r\nx-app: a");
    for (int status : new int[] {401, 302, 204, 500, 503}) {
      service.httpAnswer =
          exchange -> {
            exchange.getResponseHeaders().add("x-reason", "none");
            exchange.getResponseHeaders().add("location", "/login");
            exchange.getResponseHeaders().add("www-authenticate", "Basic");
            exchange.getResponseHeaders().add("set-cookie", "a=1");
            exchange.getResponseHeaders().add("set-cookie", "b=2");
            exchange.getResponseHeaders().add("content-type", "text/html");
            byte[] body = "no".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, status == 204 ? -1 : body.length);
            if (status != 204) {
              exchange.getResponseBody().write(body);
            }
          };
      compare("http", "GET /x HTTP/1.1");
      compare("http-choosy", "GET /x HTTP/1.1");
    }
    compare("http-dead", "GET /x HTTP/1.1");
    service.httpAnswer = exchange -> exchange.sendResponseHeaders(200, -1);

    same();
    assertThat(choosy.called()).contains("x-added=by config").doesNotContain("x-secret");
    assertThat(changed.answer())
        .contains("x-ok: shown")
        .contains("x-up=up")
        .doesNotContain("x-gone=");
  }

  @Test
  void asksWhereTheShadowRulesOfAPolicySayAndTellsWhatTheyNoted() throws Exception {
    answer(denied(DeniedHttpResponse.newBuilder()));

    Seen asked = compare("istio", "GET /ext/a HTTP/1.1");
    Seen free = compare("istio", "GET /x HTTP/1.1");

    same();
    assertThat(asked.answer()).startsWith("HTTP/1.1 403");
    assertThat(asked.asked()).contains("istio_ext_authz_shadow_effective_policy_id");
    assertThat(free.answer()).startsWith("HTTP/1.1 200");
    assertThat(free.asked()).isEqualTo("not asked");
  }

  @Test
  void asksOfConnections() throws Exception {
    String request = "GET /x HTTP/1.1\r\nhost: a\r\n\r\n";
    List<String> seen = new ArrayList<>();
    for (AuthorizationServer.Answer each :
        List.of(
            AuthorizationServer.Answer.of(CheckResponse.getDefaultInstance()),
            AuthorizationServer.Answer.of(denied(DeniedHttpResponse.newBuilder()).build()),
            AuthorizationServer.Answer.error(Status.UNAVAILABLE),
            AuthorizationServer.Answer.never())) {
      service.answer = each;
      for (String listener : List.of("tcp", "tcp-open")) {
        service.lastCheck();
        String theirs = status(PlainHttp.exchange(sides.theirs(listener), request));
        String theirCheck = connection(service.lastCheck());
        String ours = status(PlainHttp.exchange(port(listener), request));
        assertThat(ours).as(listener + " " + seen).isEqualTo(theirs);
        assertThat(connection(service.lastCheck())).isEqualTo(theirCheck);
        seen.add(ours);
      }
    }

    assertThat(seen).containsExactly("200", "200", "", "", "", "200", "", "200");
  }

  private static String status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? answer.substring(9, 12) : "";
  }

  private static String connection(CheckRequest request) {
    assertThat(request).isNotNull();
    CheckRequest.Builder b = request.toBuilder();
    for (var peer :
        List.of(
            b.getAttributesBuilder().getSourceBuilder(),
            b.getAttributesBuilder().getDestinationBuilder())) {
      peer.getAddressBuilder().getSocketAddressBuilder().clearPortValue();
    }
    return b.build().toString();
  }

  private static Map<String, Long> more(Map<String, Long> before, Map<String, Long> after) {
    Map<String, Long> out = new TreeMap<>();
    after.forEach(
        (name, value) -> {
          long more = value - before.getOrDefault(name, 0L);
          if (more != 0) {
            out.put(name, more);
          }
        });
    return out;
  }

  @Test
  void countsWhatEnvoyCounts() throws Exception {
    Map<String, Long> theirs = sides.envoy().statistics("ext_authz.");
    Map<String, Long> ours = Ours.statistics(sides.engine(), "ext_authz.");
    answer(CheckResponse.newBuilder());
    compare("plain", "GET /x HTTP/1.1");
    compare("strict", "GET /x HTTP/1.1");
    compare("never", "GET /x HTTP/1.1");
    compare("istio", "GET /x HTTP/1.1");
    answer(denied(DeniedHttpResponse.newBuilder()));
    compare("plain", "GET /x HTTP/1.1");
    compare("open", "GET /x HTTP/1.1");
    for (int side = 0; side < 2; side++) {
      PlainHttp.exchange(
          side == 0 ? sides.theirs("tcp") : port("tcp"), "GET /x HTTP/1.1\r\nhost: a\r\n\r\n");
    }
    service.answer = AuthorizationServer.Answer.error(Status.INTERNAL);
    compare("plain", "GET /x HTTP/1.1");
    compare("open", "GET /x HTTP/1.1");
    compare("strict", "GET /x HTTP/1.1");

    same();
    Map<String, Long> counted = more(ours, Ours.statistics(sides.engine(), "ext_authz."));
    assertThat(counted).isEqualTo(more(theirs, sides.envoy().statistics("ext_authz.")));
    assertThat(counted).containsEntry("http.strict.ext_authz.waf.ok", 1L).hasSizeGreaterThan(8);
  }

  @Test
  void letsLaterFiltersSeeWhatTheServiceNoted() throws Exception {
    answer(noting("alice"));
    Seen alice = compare("noted", "GET /x HTTP/1.1");
    answer(noting("bob"));
    Seen bob = compare("noted", "GET /x HTTP/1.1");

    same();
    assertThat(alice.answer()).startsWith("HTTP/1.1 200");
    assertThat(bob.answer()).startsWith("HTTP/1.1 403");
  }

  private static CheckResponse.Builder noting(String user) {
    return CheckResponse.newBuilder()
        .setDynamicMetadata(
            Struct.newBuilder().putFields("user", Value.newBuilder().setStringValue(user).build()));
  }
}
