// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.api.Resource;
import io.flotilla.api.networking.WorkloadSelector;
import io.flotilla.api.security.AccessRule;
import io.flotilla.api.security.AuthorizationPolicy;
import io.flotilla.api.security.AuthorizationPolicy.Action;
import io.flotilla.api.security.PolicyTarget;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.Rbac;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * The access filters of a workload, of all policies that select it. First those that ask others
 * (CUSTOM), then AUDIT, DENY and ALLOW, as Istio documents; a policy marked "istio.io/dry-run" is
 * only counted.
 */
public final class AuthorizationPolicies {
  private static final String DRY_RUN = "istio.io/dry-run";
  private static final String TCP_PREFIX = "tcp.";
  // As istiod names policies that deny because nobody can be asked.
  private static final String BAD_CUSTOM = "-deny-due-to-bad-CUSTOM-action";
  private static final AccessPolicy NEVER =
      new AccessPolicy(
          List.of(new AccessCondition.Not(new AccessCondition.Any())),
          List.of(new AccessCondition.Not(new AccessCondition.Any())));

  private final List<Resource<AuthorizationPolicy>> selecting;
  private final List<String> trustDomains;
  private final Map<String, AuthorizationProvider> providers;
  private final BiFunction<String, Integer, Optional<String>> clusters;

  /**
   * @param mesh policies of the root namespace
   * @param own policies of the workload's namespace
   * @param labels the workload's
   * @param trustDomains the mesh's, and its aliases
   * @param providers whom policies may ask, by name
   * @param clusters the cluster of a host and port, if the workload knows one
   */
  public AuthorizationPolicies(
      Collection<Resource<AuthorizationPolicy>> mesh,
      Collection<Resource<AuthorizationPolicy>> own,
      Map<String, String> labels,
      List<String> trustDomains,
      Map<String, AuthorizationProvider> providers,
      BiFunction<String, Integer, Optional<String>> clusters) {
    this.selecting =
        Stream.concat(mesh.stream(), own.stream())
            .filter(policy -> selects(policy.spec(), labels))
            .toList();
    this.trustDomains = List.copyOf(trustDomains);
    this.providers = Map.copyOf(providers);
    this.clusters = clusters;
  }

  private static boolean selects(AuthorizationPolicy policy, Map<String, String> labels) {
    List<PolicyTarget> targets = new ArrayList<>(policy.targetRefs());
    policy.targetRef().ifPresent(targets::add);
    return PolicySelection.selects(
        policy.selector().map(WorkloadSelector::matchLabels).orElse(Map.of()), targets, labels);
  }

  /** For requests: before tokens are looked at. */
  public List<HttpFilter> custom() {
    Optional<AccessRules> rules = asking(false);
    if (rules.isEmpty()) {
      return List.of();
    }
    Optional<Asked> asked = asked();
    return asked.isEmpty()
        ? List.of(new HttpFilter.AccessControl(denied(rules.get())))
        : List.of(
            new HttpFilter.AccessControl(shadow(rules.get())),
            new HttpFilter.Authorization(
                ExternalAuthorization.METADATA,
                asked.get().provider().requests(asked.get().cluster())));
  }

  private List<NetworkFilter> customTcp() {
    Optional<AccessRules> rules = asking(true);
    if (rules.isEmpty()) {
      return List.of();
    }
    Optional<Asked> asked = asked();
    if (asked.isEmpty()) {
      return List.of(new NetworkFilter.AccessControl(denied(rules.get()), TCP_PREFIX));
    }
    // As in Istio, who is asked by HTTP is not asked of connections.
    return asked.get().provider().connections(asked.get().cluster(), TCP_PREFIX).stream()
        .flatMap(
            service ->
                Stream.of(
                    new NetworkFilter.AccessControl(shadow(rules.get()), TCP_PREFIX), service))
        .toList();
  }

  /** Whom the policies ask, and how he is reached. */
  private record Asked(AuthorizationProvider provider, String cluster) {}

  // Empty: policies name none, several, or one that is not known: nobody can be asked.
  private Optional<Asked> asked() {
    List<String> names =
        of(Action.CUSTOM).stream()
            .map(
                policy ->
                    policy
                        .spec()
                        .provider()
                        .flatMap(AuthorizationPolicy.ExtensionProvider::name)
                        .orElse(""))
            .distinct()
            .toList();
    AuthorizationProvider known = names.size() == 1 ? providers.get(names.getFirst()) : null;
    return known == null
        ? Optional.empty()
        : clusters.apply(known.host(), known.port()).map(cluster -> new Asked(known, cluster));
  }

  private Optional<AccessRules> asking(boolean tcp) {
    List<Resource<AuthorizationPolicy>> all = of(Action.CUSTOM);
    return rules(all.stream().filter(p -> !isDryRun(p)).toList(), Action.CUSTOM, tcp);
  }

  private static Rbac shadow(AccessRules rules) {
    return new Rbac(Optional.empty(), Optional.of(rules), AuthorizationProvider.SHADOW_PREFIX);
  }

  private static Rbac denied(AccessRules rules) {
    Map<String, AccessPolicy> policies = new LinkedHashMap<>();
    rules.policies().forEach((name, policy) -> policies.put(name + BAD_CUSTOM, policy));
    return new Rbac(
        Optional.of(new AccessRules(AccessRules.Action.DENY, policies)), Optional.empty(), "");
  }

  private List<Resource<AuthorizationPolicy>> of(Action action) {
    return selecting.stream()
        .filter(policy -> policy.spec().action().orElse(Action.ALLOW) == action)
        .toList();
  }

  /** For requests: after tokens were looked at. */
  public List<HttpFilter> http() {
    List<HttpFilter> out = new ArrayList<>();
    for (Action action : List.of(Action.AUDIT, Action.DENY, Action.ALLOW)) {
      out.addAll(http(action));
    }
    return out;
  }

  private List<HttpFilter> http(Action action) {
    return rbac(action, false).stream()
        .map(rbac -> (HttpFilter) new HttpFilter.AccessControl(rbac))
        .toList();
  }

  /** For connections without requests. */
  public List<NetworkFilter> tcp() {
    List<NetworkFilter> out = new ArrayList<>(customTcp());
    for (Action action : List.of(Action.AUDIT, Action.DENY, Action.ALLOW)) {
      rbac(action, true)
          .ifPresent(rbac -> out.add(new NetworkFilter.AccessControl(rbac, TCP_PREFIX)));
    }
    return out;
  }

  private Optional<Rbac> rbac(Action action, boolean tcp) {
    List<Resource<AuthorizationPolicy>> of = of(action);
    if (of.isEmpty()) {
      return Optional.empty();
    }
    Optional<AccessRules> enforced =
        rules(of.stream().filter(policy -> !isDryRun(policy)).toList(), action, tcp);
    Optional<AccessRules> shadow =
        rules(of.stream().filter(AuthorizationPolicies::isDryRun).toList(), action, tcp);
    String prefix =
        shadow.isEmpty() || action == Action.ALLOW
            ? "istio_dry_run_allow_"
            : action == Action.AUDIT ? "" : "istio_dry_run_deny_";
    return Optional.of(new Rbac(enforced, shadow, prefix));
  }

  private Optional<AccessRules> rules(
      List<Resource<AuthorizationPolicy>> of, Action action, boolean tcp) {
    if (of.isEmpty()) {
      return Optional.empty();
    }
    Map<String, AccessPolicy> policies = new LinkedHashMap<>();
    for (Resource<AuthorizationPolicy> policy : of) {
      String namespace = policy.metadata().namespace();
      AccessRuleTranslator translator =
          new AccessRuleTranslator(namespace, trustDomains, tcp, action == Action.ALLOW);
      List<AccessRule> rules = policy.spec().rules();
      for (int i = 0; i < rules.size(); i++) {
        String name = name(policy, i);
        translator.translate(rules.get(i)).ifPresent(p -> policies.put(name, p));
      }
      if (rules.isEmpty()) {
        policies.put(name(policy, 0), NEVER);
      }
    }
    return Optional.of(
        new AccessRules(
            switch (action) {
              case ALLOW -> AccessRules.Action.ALLOW;
              case AUDIT -> AccessRules.Action.LOG;
              case DENY, CUSTOM -> AccessRules.Action.DENY;
            },
            policies));
  }

  private static String name(Resource<AuthorizationPolicy> policy, int rule) {
    String asked =
        policy
            .spec()
            .provider()
            .flatMap(AuthorizationPolicy.ExtensionProvider::name)
            .map(provider -> "istio-ext-authz-" + provider + "-")
            .orElse("");
    return asked
        + "ns["
        + policy.metadata().namespace()
        + "]-policy["
        + policy.metadata().name()
        + "]-rule["
        + rule
        + "]";
  }

  private static boolean isDryRun(Resource<AuthorizationPolicy> policy) {
    return switch (policy.metadata().annotations().getOrDefault(DRY_RUN, "false")) {
      case "1", "t", "T", "TRUE", "true", "True" -> true;
      default -> false;
    };
  }
}
