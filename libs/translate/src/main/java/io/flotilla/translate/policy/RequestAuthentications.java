// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.api.Resource;
import io.flotilla.api.networking.WorkloadSelector;
import io.flotilla.api.security.PolicyTarget;
import io.flotilla.api.security.RequestAuthentication;
import io.flotilla.api.security.RequestAuthentication.JwtRule;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import io.flotilla.translate.Sources;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The filter that verifies the tokens of a workload's callers, of all policies that select it, and
 * the clusters by which it fetches key sets from outside of the mesh.
 */
public final class RequestAuthentications {
  /**
   * For issuers whose keys cannot be found: a key whose private half was thrown away, so that no
   * token of theirs is accepted.
   */
  private static final String NOBODYS_KEY =
      """
      {"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"nobody",\
      "x":"j6IoAWG7tEPFVV7WVLG0sROelB7ZxlA7HkJduSVg7Pc",\
      "y":"Fx2hh4QY9HI78qUkzHd8QMEAN6_KoyOQLM5Rq_2tadU"}]}
      """
          .strip();

  private static final String PAYLOAD = "payload";
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CACHE = Duration.ofMinutes(5);
  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  /** The cluster by which a host and port of the mesh are reached, if it has them. */
  @FunctionalInterface
  public interface MeshClusters {
    Optional<String> find(String host, int port);
  }

  private final List<JwtRule> rules = new ArrayList<>();
  private final MeshClusters meshClusters;
  private final boolean gateway;
  private final Map<String, Cluster> clusters = new LinkedHashMap<>();
  private final Optional<HttpFilter> filter;

  /**
   * @param mesh policies of the root namespace
   * @param own policies of the workload's namespace
   * @param labels the workload's
   * @param gateway whether routes may depend on claims
   */
  public RequestAuthentications(
      Collection<Resource<RequestAuthentication>> mesh,
      Collection<Resource<RequestAuthentication>> own,
      Map<String, String> labels,
      MeshClusters meshClusters,
      boolean gateway) {
    this.meshClusters = meshClusters;
    this.gateway = gateway;
    Stream.concat(mesh.stream(), own.stream())
        .filter(policy -> selects(policy.spec(), labels))
        .sorted(Sources.OLDEST_FIRST)
        .forEach(policy -> rules.addAll(policy.spec().jwtRules()));
    // As istiod orders and names them.
    rules.sort(Comparator.comparing(rule -> rule.issuer().orElse("")));
    this.filter = rules.isEmpty() ? Optional.empty() : Optional.of(make());
  }

  private static boolean selects(RequestAuthentication policy, Map<String, String> labels) {
    List<PolicyTarget> targets = new ArrayList<>(policy.targetRefs());
    policy.targetRef().ifPresent(targets::add);
    return PolicySelection.selects(
        policy.selector().map(WorkloadSelector::matchLabels).orElse(Map.of()), targets, labels);
  }

  /** The filter; empty: no policy selects the workload. */
  public Optional<HttpFilter> filter() {
    return filter;
  }

  /** Clusters that the filter needs and that the mesh does not have, by name. */
  public Map<String, Cluster> clusters() {
    return Map.copyOf(clusters);
  }

  private HttpFilter make() {
    Map<String, JwtProvider> providers = new LinkedHashMap<>();
    List<JwtRequirement> any = new ArrayList<>();
    List<JwtRequirement> all = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      String name = "origins-" + i;
      providers.put(name, provider(rules.get(i)));
      JwtRequirement provided = new JwtRequirement.Provided(name, List.of());
      any.add(provided);
      all.add(new JwtRequirement.AnyOf(List.of(provided, new JwtRequirement.AllowMissing())));
    }
    if (all.size() > 1) {
      any.add(new JwtRequirement.AllOf(all));
    }
    JwtRequirement wanted = all.size() == 1 ? all.getFirst() : new JwtRequirement.AnyOf(any);
    return new HttpFilter.Jwt(
        new JwtAuthentication(
            providers,
            List.of(new JwtAuthentication.Rule(new PathMatch.Prefix("/"), Optional.of(wanted))),
            true));
  }

  private JwtProvider provider(JwtRule rule) {
    Set<String> spaceDelimited = new LinkedHashSet<>(List.of("permission", "scope"));
    spaceDelimited.addAll(rule.spaceDelimitedClaims());
    return new JwtProvider(
        rule.issuer().orElse(""),
        rule.audiences(),
        keys(rule),
        rule.forwardOriginalToken().orElse(false),
        rule.fromHeaders().stream()
            .map(h -> new JwtProvider.FromHeader(h.name(), h.prefix().orElse("")))
            .toList(),
        rule.fromParams(),
        rule.fromCookies(),
        rule.outputPayloadToHeader().orElse(""),
        false,
        PAYLOAD,
        List.copyOf(spaceDelimited),
        rule.outputClaimToHeaders().stream()
            .map(c -> new JwtProvider.ClaimHeader(c.header(), c.claim()))
            .toList(),
        gateway,
        JwtProvider.DEFAULT_SKEW);
  }

  private JwtProvider.Keys keys(JwtRule rule) {
    if (rule.jwks().isPresent()) {
      return new JwtProvider.Keys.Inline(rule.jwks().get());
    }
    Optional<String> uri = rule.keySetUri();
    if (uri.isEmpty()) {
      return new JwtProvider.Keys.Inline(NOBODYS_KEY);
    }
    try {
      URI parsed = URI.create(uri.get());
      String host = parsed.getHost();
      if (host == null) {
        return new JwtProvider.Keys.Inline(NOBODYS_KEY);
      }
      boolean tls = "https".equals(parsed.getScheme());
      int port = parsed.getPort() > 0 ? parsed.getPort() : tls ? HTTPS : HTTP;
      String cluster = meshClusters.find(host, port).orElseGet(() -> outside(host, port, tls));
      return new JwtProvider.Keys.Remote(uri.get(), cluster, rule.timeout().orElse(TIMEOUT), CACHE);
    } catch (IllegalArgumentException e) {
      return new JwtProvider.Keys.Inline(NOBODYS_KEY);
    }
  }

  private String outside(String host, int port, boolean tls) {
    // By scheme too: else one of the two would speak, or not speak, TLS as the other does.
    String name = "jwks|" + port + "|" + (tls ? "https" : "http") + "|" + host;
    Cluster plain =
        Cluster.of(
            name,
            new Discovery.LogicalDns(
                ClusterLoadAssignment.of(name, List.of(Endpoint.of(host, port)))));
    clusters.put(name, tls ? overTls(plain, host) : plain);
    return name;
  }

  private static Cluster overTls(Cluster plain, String host) {
    TlsContext context =
        new TlsContext(
            Optional.empty(),
            Optional.of(
                new PeerValidation(new TrustRef.System(), List.of(StringMatch.exact(host)))),
            List.of(),
            TlsContext.Version.TLS_1_2,
            TlsContext.Version.TLS_1_3,
            List.of());
    return new Cluster(
        plain.name(),
        plain.discovery(),
        plain.loadBalancing(),
        plain.connectTimeout(),
        plain.http(),
        List.of(new TransportMatch("tls", Map.of(), Optional.of(new UpstreamTls(context, host)))),
        plain.circuitBreakers(),
        plain.outlierDetection(),
        plain.bindSource(),
        plain.services(),
        plain.connection(),
        plain.source());
  }
}
