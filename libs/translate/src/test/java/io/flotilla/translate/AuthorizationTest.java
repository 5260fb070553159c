// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.translate.policy.AuthorizationProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which policies guard which workloads, and in what order. */
class AuthorizationTest {
  private static final ProxyNode REVIEWS =
      MeshFixture.node(
          "sidecar",
          "127.10.0.3",
          "reviews-v1",
          Map.of("app", "reviews"),
          Map.of("INTERCEPTION_MODE", "NONE"));
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: reviews, namespace: default}
      spec:
        selector: {app: reviews}
        ports: [{name: http, port: 9080}]
      ---
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: reviews-v1, namespace: default}
      spec: {address: 127.10.0.3, labels: {app: reviews}}
      """;

  private static String policy(String namespace, String name, String spec) {
    return """
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: %s, namespace: %s}
        spec: %s
        """
        .formatted(name, namespace, spec);
  }

  private final MeshFixture mesh = new MeshFixture().apply(SERVICE);

  private List<String> filters() {
    Listener listener = mesh.connect(REVIEWS).listeners().get("127.10.0.3_9080");
    return AccessOutline.of(listener).stream()
        .map(f -> f.substring(f.indexOf(' ') + 1))
        .distinct()
        .toList();
  }

  @Test
  void guardsNothingWhereThereIsNoPolicy() {
    assertThat(filters()).isEmpty();
  }

  @Test
  void takesThoseOfTheNamespaceOfTheRootAndOfTheLabels() {
    mesh.apply(policy("default", "all", "{rules: [{}]}"))
        .apply(policy("istio-system", "root", "{rules: [{}]}"))
        .apply(policy("default", "mine", "{selector: {matchLabels: {app: reviews}}, rules: [{}]}"))
        .apply(policy("default", "not-mine", "{selector: {matchLabels: {app: x}}, rules: [{}]}"))
        .apply(policy("other", "elsewhere", "{rules: [{}]}"));

    assertThat(filters())
        .containsExactly(
            "Optional[ALLOW{ns[default]-policy[all]-rule[0]=[and[any]] by [and[any]],"
                + " ns[default]-policy[mine]-rule[0]=[and[any]] by [and[any]],"
                + " ns[istio-system]-policy[root]-rule[0]=[and[any]] by [and[any]]}]"
                + " shadow Optional.empty istio_dry_run_allow_");
  }

  @Test
  void asksAuditThenDenyThenAllow() {
    mesh.apply(policy("default", "a", "{action: ALLOW, rules: [{}]}"))
        .apply(policy("default", "d", "{action: DENY, rules: [{}]}"))
        .apply(policy("default", "l", "{action: AUDIT, rules: [{}]}"));

    assertThat(filters())
        .extracting(f -> f.substring("Optional[".length(), f.indexOf('{')))
        .containsExactly("LOG", "DENY", "ALLOW");
  }

  @Test
  void letsNothingInByAPolicyWithoutRules() {
    mesh.apply(policy("default", "none", "{}"));

    assertThat(filters())
        .containsExactly(
            "Optional[ALLOW{ns[default]-policy[none]-rule[0]=[not any] by [not any]}]"
                + " shadow Optional.empty istio_dry_run_allow_");
  }

  @Test
  void onlyCountsByAPolicyThatIsMarkedForDryRun() {
    mesh.apply(
        policy("default", "d", "{action: DENY, rules: [{}]}")
            .replace(
                "namespace: default}",
                "namespace: default, annotations: {istio.io/dry-run: 'true'}}"));

    assertThat(filters())
        .containsExactly(
            "Optional.empty shadow Optional[DENY{ns[default]-policy[d]-rule[0]=[and[any]] by"
                + " [and[any]]}] istio_dry_run_deny_");
  }

  private static AuthorizationProvider provider(
      String name, Optional<AuthorizationProvider.Http> http) {
    return new AuthorizationProvider(
        name,
        "default/reviews.default.svc.cluster.local",
        9080,
        Duration.ofSeconds(1),
        false,
        true,
        403,
        Optional.empty(),
        http);
  }

  private static String custom(String name, String provider) {
    return policy(
        "default",
        name,
        "{action: CUSTOM, provider: {name: "
            + provider
            + "}, rules: [{to: [{operation: {paths: [/ext]}}]}]}");
  }

  private static List<HttpFilter> filters(MeshFixture mesh) {
    return ((HttpConnectionManager)
            mesh.connect(REVIEWS)
                .listeners()
                .get("127.10.0.3_9080")
                .filterChains()
                .getFirst()
                .terminal())
        .filters();
  }

  @Test
  void asksTheServiceThatAPolicyNamesByHttp() {
    AuthorizationProvider.Http http =
        new AuthorizationProvider.Http(
            "/check",
            List.of("x-ext-*", "*-id", "*"),
            Map.of("x-added", "v"),
            List.of("x-up"),
            List.of("x-ok"),
            List.of());
    MeshFixture asking =
        new MeshFixture(
                MeshSettings.DEFAULT.withAuthorizationProviders(
                    List.of(provider("p", Optional.of(http)))))
            .apply(SERVICE)
            .apply(custom("c", "p"));

    ExternalAuthorization asked =
        filters(asking).stream()
            .filter(HttpFilter.Authorization.class::isInstance)
            .map(f -> ((HttpFilter.Authorization) f).authorization())
            .findFirst()
            .orElseThrow();

    assertThat(asked.service())
        .isEqualTo(
            new ExternalAuthorization.Service.Http(
                "http://reviews.default.svc.cluster.local",
                "outbound|9080||reviews.default.svc.cluster.local",
                Duration.ofSeconds(1),
                "/check",
                Map.of("x-added", "v"),
                List.of(new StringMatch.Exact("x-up", true)),
                List.of(),
                List.of(),
                List.of(new StringMatch.Exact("x-ok", true)),
                List.of()));
    assertThat(asked.question().allowedHeaders().orElseThrow())
        .containsExactly(
            new StringMatch.Prefix("x-ext-", true),
            new StringMatch.Suffix("-id", true),
            new StringMatch.Regex(".*"));
    assertThat(asked.when().metadata()).isPresent();
    assertThat(asked.clearRouteCache()).isTrue();
  }

  @Test
  void deniesWherePoliciesNameTwoServices() {
    MeshFixture asking =
        new MeshFixture(
                MeshSettings.DEFAULT.withAuthorizationProviders(
                    List.of(provider("p", Optional.empty()), provider("q", Optional.empty()))))
            .apply(SERVICE)
            .apply(custom("c", "p"))
            .apply(custom("d", "q"));

    assertThat(filters(asking)).noneMatch(HttpFilter.Authorization.class::isInstance);
    assertThat(AccessOutline.of(asking.connect(REVIEWS).listeners().get("127.10.0.3_9080")))
        .first()
        .asString()
        .contains("DENY", "policy[c]-rule[0]-deny-due-to", "policy[d]-rule[0]-deny-due-to");
  }

  @Test
  void deniesWhatSomebodyWouldHaveToBeAskedAbout() {
    mesh.apply(
        policy(
            "default",
            "c",
            "{action: CUSTOM, provider: {name: p}, rules: [{to: [{operation: {paths: [/ext]}}]}]}"));

    assertThat(filters())
        .containsExactly(
            "Optional[DENY{istio-ext-authz-p-ns[default]-policy[c]-rule[0]-deny-due-to-bad-CUSTOM-action=[and[or[path"
                + " exact /ext]]] by [and[any]]}] shadow Optional.empty ");
  }

  @Test
  void knowsIdentitiesByEveryNameOfTheTrustDomain() {
    MeshFixture aliased =
        new MeshFixture(MeshSettings.DEFAULT.withTrustDomainAliases(List.of("old-td")))
            .apply(SERVICE)
            .apply(
                policy(
                    "default",
                    "p",
                    "{rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/b,"
                        + " other/ns/a/sa/b, '*/ns/a/sa/b', '*-td/ns/a/sa/b']}}]}]}"));

    assertThat(
            AccessOutline.of(aliased.connect(REVIEWS).listeners().get("127.10.0.3_9080"))
                .getFirst())
        .contains(
            "or[caller exact spiffe://cluster.local/ns/a/sa/b, caller exact"
                + " spiffe://old-td/ns/a/sa/b, caller exact spiffe://other/ns/a/sa/b, caller"
                + " regex spiffe://.*/ns/a/sa/b, caller regex spiffe://.*-td/ns/a/sa/b]");
  }

  @Test
  void neverLetsATrustDomainReachIntoThePath() {
    mesh.apply(
        policy("default", "p", "{rules: [{from: [{source: {trustDomains: ['*.local', a.b]}}]}]}"));

    assertThat(filters().getFirst())
        .contains("or[caller regex spiffe://[^/]*\\.local/.*, caller regex spiffe://a\\.b/.*]");
  }

  private static String tokens(String rule) {
    return """
        ---
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: t, namespace: default}
        spec: {jwtRules: [%s]}
        """
        .formatted(rule);
  }

  private JwtProvider provider() {
    Listener listener = mesh.connect(REVIEWS).listeners().get("127.10.0.3_9080");
    HttpConnectionManager http =
        (HttpConnectionManager) listener.filterChains().getFirst().terminal();
    return http.filters().stream()
        .filter(HttpFilter.Jwt.class::isInstance)
        .map(f -> ((HttpFilter.Jwt) f).authentication().providers().get("origins-0"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void fetchesKeysFromOutsideOfTheMeshByAClusterOfItsOwn() {
    mesh.apply(tokens("{issuer: me, jwksUri: 'https://keys.example/jwks', timeout: 2s}"));

    assertThat(provider().keys())
        .isEqualTo(
            new JwtProvider.Keys.Remote(
                "https://keys.example/jwks",
                "jwks|443|https|keys.example",
                Duration.ofSeconds(2),
                Duration.ofMinutes(5)));
    Cluster cluster = mesh.snapshot(REVIEWS).clusters().get("jwks|443|https|keys.example");
    assertThat(cluster.transports().getFirst().tls().orElseThrow().sni()).isEqualTo("keys.example");
  }

  @Test
  void keepsKeysOfOneHostAndPortApartBySchemeSoThatTlsIsNotLost() {
    mesh.apply(
        tokens(
            "{issuer: a, jwksUri: 'https://keys.example:8443/a'},"
                + " {issuer: b, jwksUri: 'http://keys.example:8443/b'}"));

    assertThat(provider().keys())
        .isInstanceOfSatisfying(
            JwtProvider.Keys.Remote.class,
            keys -> assertThat(keys.cluster()).isEqualTo("jwks|8443|https|keys.example"));
    var clusters = mesh.snapshot(REVIEWS).clusters();
    assertThat(clusters.get("jwks|8443|https|keys.example").transports()).isNotEmpty();
    assertThat(clusters.get("jwks|8443|http|keys.example").transports())
        .noneMatch(transport -> transport.tls().isPresent());
  }

  @Test
  void fetchesKeysFromTheMeshByItsCluster() {
    mesh.apply(
        tokens("{issuer: me, jwksUri: 'http://reviews.default.svc.cluster.local:9080/jwks'}"));

    JwtProvider.Keys.Remote keys = (JwtProvider.Keys.Remote) provider().keys();
    assertThat(keys.cluster()).isEqualTo("outbound|9080||reviews.default.svc.cluster.local");
    assertThat(mesh.snapshot(REVIEWS).clusters()).containsKey(keys.cluster());
  }

  @Test
  void acceptsNoTokenOfAnIssuerWhoseKeysCannotBeFound() {
    mesh.apply(tokens("{issuer: me}"));

    assertThat(((JwtProvider.Keys.Inline) provider().keys()).jwks()).contains("nobody");
  }
}
