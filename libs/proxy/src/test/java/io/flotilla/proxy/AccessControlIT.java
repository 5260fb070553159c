// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.listener.Terminal;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.Rbac;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.proxy.api.FailureCause;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sidecar lets pass of what its policies say, with mutual TLS and without. */
class AccessControlIT {
  private static final AccessCondition ANY = new AccessCondition.Any();

  private final TestMesh mesh = new TestMesh();
  private final EchoApp app = new EchoApp("app");
  private final EngineFixture client = new EngineFixture("client");
  private final EngineFixture server = new EngineFixture("server");
  private @TempDir Path folder;

  @AfterEach
  void stop() {
    client.close();
    server.close();
    app.close();
  }

  private static Rbac rbac(AccessRules.Action action, String name, AccessPolicy policy) {
    return new Rbac(
        Optional.of(new AccessRules(action, Map.of(name, policy))), Optional.empty(), "");
  }

  private static AccessPolicy what(AccessCondition permission) {
    return new AccessPolicy(List.of(permission), List.of(ANY));
  }

  private static AccessPolicy caller(String account) {
    return new AccessPolicy(
        List.of(ANY),
        List.of(
            new AccessCondition.Authenticated(
                Optional.of(
                    StringMatch.exact("spiffe://cluster.local/ns/default/sa/" + account)))));
  }

  private static AccessCondition path(String exact) {
    return new AccessCondition.UrlPath(StringMatch.exact(exact));
  }

  private void serve(HttpFilter... filters) {
    serve(TestMesh.toApp(folder.resolve("log").toString(), List.of(filters)), List.of());
  }

  private void serve(Terminal terminal, List<NetworkFilter> before) {
    server.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.inbound(terminal, true, before)),
            List.of(),
            List.of(TestMesh.fixed("app", app.port())),
            mesh.secrets("server")));
  }

  private HttpResponse<String> byMutualTls(String account, String path) throws Exception {
    client.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(
                TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("reviews")))),
            List.of(
                TestMesh.mutual(
                    "reviews", Cluster.HttpUpstream.HTTP1, "server", server.port(TestMesh.IN))),
            mesh.secrets(account)));
    return client.get(path);
  }

  private String plainly(String request) throws Exception {
    try (RawHttp raw = new RawHttp(server.address(TestMesh.IN))) {
      return raw.send(request).readToEnd();
    }
  }

  private String plainlyGet(String path) throws Exception {
    return plainly("GET " + path + " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  }

  @Test
  void answersInEnvoysWordsAndNamesThePolicyInTheLog() throws Exception {
    serve(
        new HttpFilter.AccessControl(
            rbac(
                AccessRules.Action.DENY,
                "ns[default]-policy[deny]-rule[0]",
                what(path("/secret")))));

    String denied = plainlyGet("/secret?x");
    String allowed = plainlyGet("/other");

    assertThat(denied).startsWith("HTTP/1.1 403 Forbidden").endsWith("RBAC: access denied");
    assertThat(allowed).startsWith("HTTP/1.1 200");
    Await.until(() -> assertThat(Files.readAllLines(folder.resolve("log"))).hasSize(2));
    assertThat(Files.readString(folder.resolve("log")))
        .isEqualTo(
            """
            /secret?x 403 - rbac_access_denied_matched_policy[ns[default]-policy[deny]-rule[0]]
            /other 200 - via_upstream
            """);
    Await.until(() -> assertThat(server.records).hasSize(2));
    assertThat(server.records.peek().failures()).containsExactly(FailureCause.ACCESS_DENIED);
    Await.until(
        () ->
            assertThat(server.engine.metricsText())
                .contains("envoy_http_rbac_allowed 1")
                .contains("envoy_http_rbac_denied 1"));
  }

  @Test
  void letsInOnlyTheCallersNamed() throws Exception {
    serve(new HttpFilter.AccessControl(rbac(AccessRules.Action.ALLOW, "p", caller("client"))));

    assertThat(byMutualTls("client", "/").statusCode()).isEqualTo(200);
    assertThat(byMutualTls("other", "/").statusCode()).isEqualTo(403);
    assertThat(plainlyGet("/")).startsWith("HTTP/1.1 403");
  }

  @Test
  void tellsInMeshCallersWhichPolicyDenied() throws Exception {
    serve(new HttpFilter.AccessControl(rbac(AccessRules.Action.DENY, "p", what(ANY))));

    assertThat(byMutualTls("client", "/").headers().firstValue("x-flotilla-reason"))
        .hasValue("RBAC: access denied (rbac_access_denied_matched_policy[p])");
    assertThat(plainlyGet("/")).doesNotContain("x-flotilla-reason");
  }

  @Test
  void onlyCountsWhatShadowRulesDeny() throws Exception {
    serve(
        new HttpFilter.AccessControl(
            new Rbac(
                Optional.empty(),
                Optional.of(
                    new AccessRules(AccessRules.Action.DENY, Map.of("p", what(path("/a"))))),
                "istio_dry_run_deny_")));

    assertThat(plainlyGet("/a")).startsWith("HTTP/1.1 200");
    assertThat(plainlyGet("/b")).startsWith("HTTP/1.1 200");

    Await.until(
        () ->
            assertThat(server.engine.metricsText())
                .contains("envoy_http_rbac_istio_dry_run_deny_shadow_denied 1")
                .contains("envoy_http_rbac_istio_dry_run_deny_shadow_allowed 1")
                .doesNotContain("envoy_http_rbac_denied"));
  }

  @Test
  void passesFiltersInTheirOrder() throws Exception {
    serve(
        new HttpFilter.AccessControl(rbac(AccessRules.Action.DENY, "first", what(path("/a")))),
        new HttpFilter.AccessControl(rbac(AccessRules.Action.ALLOW, "second", what(path("/b")))));

    assertThat(plainlyGet("/a")).startsWith("HTTP/1.1 403");
    assertThat(plainlyGet("/b")).startsWith("HTTP/1.1 200");
    assertThat(plainlyGet("/c")).startsWith("HTTP/1.1 403");
    Await.until(() -> assertThat(Files.readAllLines(folder.resolve("log"))).hasSize(3));
    assertThat(Files.readAllLines(folder.resolve("log")).getFirst()).contains("[first]");
    assertThat(Files.readAllLines(folder.resolve("log")).getLast()).contains("[none]");
  }

  @Test
  void tellsTheClientFromTheConnectionsEnd() throws Exception {
    AccessCondition far = new AccessCondition.RemoteIp(new CidrRange("203.0.113.7", 32));
    AccessCondition near = new AccessCondition.DirectRemoteIp(new CidrRange("127.0.0.0", 8));
    serve(
        new HttpFilter.AccessControl(
            rbac(
                AccessRules.Action.ALLOW,
                "p",
                new AccessPolicy(
                    List.of(ANY), List.of(new AccessCondition.And(List.of(far, near)))))));

    assertThat(
            plainly(
                "GET / HTTP/1.1\r\nconnection: close\r\nhost: a\r\nx-forwarded-for: 203.0.113.7\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(
            plainly(
                "GET / HTTP/1.1\r\nconnection: close\r\nhost: a\r\nx-forwarded-for: 203.0.113.7, 10.0.0.1\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(plainlyGet("/")).startsWith("HTTP/1.1 403");
    assertThat(
            plainly(
                "GET / HTTP/1.1\r\nconnection: close\r\nhost: a\r\nx-forwarded-for: no.address\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
  }

  @Test
  void seesTheHostAsItWasSentAndEachOfDuplicatedHeaders() throws Exception {
    serve(
        new HttpFilter.AccessControl(
            rbac(
                AccessRules.Action.ALLOW,
                "p",
                what(
                    new AccessCondition.Or(
                        List.of(
                            new AccessCondition.Header(
                                HeaderMatch.of(":authority", StringMatch.exact("Ratings"))),
                            new AccessCondition.Header(
                                HeaderMatch.of("x-user", StringMatch.exact("alice")))))))));

    assertThat(plainly("GET / HTTP/1.1\r\nhost: Ratings\r\nconnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(plainly("GET / HTTP/1.1\r\nhost: ratings\r\nconnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(
            plainly(
                "GET / HTTP/1.1\r\nconnection: close\r\nhost: a\r\nx-user: bob\r\nx-user: alice\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(
            plainly("GET / HTTP/1.1\r\nconnection: close\r\nhost: a\r\nx-user: alice,bob\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
  }

  @Test
  void closesConnectionsOfThoseWhoMayNotConnect() throws Exception {
    serve(
        new TcpProxy("tcp", new ClusterChoice.Single("app"), Optional.empty(), List.of()),
        List.of(
            new NetworkFilter.AccessControl(
                rbac(AccessRules.Action.ALLOW, "p", caller("client")), "tcp.")));

    assertThat(plainlyGet("/")).isEmpty();
    assertThat(byMutualTls("client", "/").statusCode()).isEqualTo(200);
    Await.until(() -> assertThat(server.engine.metricsText()).contains("envoy_tcp_rbac_denied 1"));
  }

  @Test
  void refusesAListenerWhoseRulesCannotBeCompiled() {
    HttpFilter bad =
        new HttpFilter.AccessControl(
            rbac(
                AccessRules.Action.DENY,
                "ns[default]-policy[bad]-rule[0]",
                what(new AccessCondition.UrlPath(new StringMatch.Regex("(")))));

    var result =
        server
            .engine
            .apply(
                TestMesh.snapshot(
                    1,
                    List.of(TestMesh.inbound(TestMesh.toApp("", List.of(bad)), true)),
                    List.of(),
                    List.of(TestMesh.fixed("app", app.port())),
                    mesh.secrets("server")))
            .join();

    assertThat(result.problems().toString()).contains("ns[default]-policy[bad]-rule[0]");
    assertThat(server.engine.addresses(TestMesh.IN)).isEmpty();
  }
}
