// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.api.security.AccessRule;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One rule of an AuthorizationPolicy. Of a connection without requests some conditions have no
 * meaning: a rule that allows is then left out, any other is taken without them, so that never more
 * is allowed than was written (Istio documentation, "Authorization policy on TCP").
 */
final class AccessRuleTranslator {
  private final String namespace;
  private final List<String> trustDomains;
  private final boolean tcp;
  private final boolean strict;

  /**
   * @param namespace the policy's
   * @param trustDomains the mesh's and its aliases
   * @param tcp for connections without requests
   * @param allows whether what fits is allowed
   */
  AccessRuleTranslator(String namespace, List<String> trustDomains, boolean tcp, boolean allows) {
    this.namespace = namespace;
    this.trustDomains = trustDomains;
    this.tcp = tcp;
    this.strict = allows;
  }

  /** The policy; empty: it has no meaning here. */
  Optional<AccessPolicy> translate(AccessRule rule) {
    try {
      List<AccessCondition> whenWhat = new ArrayList<>();
      List<AccessCondition> whenWho = new ArrayList<>();
      for (AccessRule.Condition condition : rule.when()) {
        when(condition, whenWhat, whenWho);
      }
      List<AccessCondition> permissions = new ArrayList<>();
      for (AccessRule.To to : rule.to()) {
        permissions.add(all(operation(to.operation().orElseThrow()), whenWhat));
      }
      if (rule.to().isEmpty()) {
        permissions.add(all(List.of(), whenWhat));
      }
      List<AccessCondition> principals = new ArrayList<>();
      for (AccessRule.From from : rule.from()) {
        principals.add(all(source(from.source().orElseThrow()), whenWho));
      }
      if (rule.from().isEmpty()) {
        principals.add(all(List.of(), whenWho));
      }
      return Optional.of(new AccessPolicy(permissions, principals));
    } catch (InvalidConditionException e) {
      return Optional.empty();
    }
  }

  private static AccessCondition all(List<AccessCondition> first, List<AccessCondition> then) {
    List<AccessCondition> out = new ArrayList<>(first);
    out.addAll(then);
    return new AccessCondition.And(out.isEmpty() ? List.of(new AccessCondition.Any()) : out);
  }

  private List<AccessCondition> operation(AccessRule.Operation o) throws InvalidConditionException {
    List<AccessCondition> out = new ArrayList<>();
    http(out, "hosts", o.hosts(), o.notHosts(), v -> header(ConditionValues.host(v)));
    http(
        out,
        "methods",
        o.methods(),
        o.notMethods(),
        v -> header(ConditionValues.header(":method", v)));
    http(out, "paths", o.paths(), o.notPaths(), AccessRuleTranslator::path);
    any(out, o.ports(), o.notPorts(), AccessRuleTranslator::port);
    return out;
  }

  private List<AccessCondition> source(AccessRule.Source s) throws InvalidConditionException {
    List<AccessCondition> out = new ArrayList<>();
    any(
        out,
        ofEveryTrustDomain(s.principals()),
        ofEveryTrustDomain(s.notPrincipals()),
        v -> caller(ConditionValues.principal(v)));
    requestPrincipals(out, s.requestPrincipals(), s.notRequestPrincipals());
    any(out, s.namespaces(), s.notNamespaces(), v -> caller(ConditionValues.namespace(v)));
    any(
        out,
        s.serviceAccounts(),
        s.notServiceAccounts(),
        v -> caller(ConditionValues.serviceAccount(v, namespace)));
    trustDomains(out, s.trustDomains(), s.notTrustDomains());
    any(
        out,
        s.remoteIpBlocks(),
        s.notRemoteIpBlocks(),
        v -> new AccessCondition.RemoteIp(ConditionValues.range(v)));
    any(
        out,
        s.ipBlocks(),
        s.notIpBlocks(),
        v -> new AccessCondition.DirectRemoteIp(ConditionValues.range(v)));
    return out;
  }

  private void when(AccessRule.Condition c, List<AccessCondition> what, List<AccessCondition> who)
      throws InvalidConditionException {
    String key = c.key();
    List<String> values = c.values();
    List<String> not = c.notValues();
    switch (key) {
      case "destination.ip" ->
          any(what, values, not, v -> new AccessCondition.DestinationIp(ConditionValues.range(v)));
      case "destination.port" -> any(what, values, not, AccessRuleTranslator::port);
      case "connection.sni" ->
          any(what, values, not, v -> new AccessCondition.ServerName(ConditionValues.string(v)));
      case "source.ip" ->
          any(who, values, not, v -> new AccessCondition.DirectRemoteIp(ConditionValues.range(v)));
      case "remote.ip" ->
          any(who, values, not, v -> new AccessCondition.RemoteIp(ConditionValues.range(v)));
      case "source.namespace" -> any(who, values, not, v -> caller(ConditionValues.namespace(v)));
      case "source.principal" ->
          any(
              who,
              ofEveryTrustDomain(values),
              ofEveryTrustDomain(not),
              v -> caller(ConditionValues.principal(v)));
      case "source.trustDomain" -> trustDomains(who, values, not);
      case "request.auth.principal" -> requestPrincipals(who, values, not);
      case "request.auth.audiences" -> claims(who, key, List.of("aud"), values, not);
      case "request.auth.presenter" -> claims(who, key, List.of("azp"), values, not);
      default -> further(key, values, not, what, who);
    }
  }

  private void further(
      String key,
      List<String> values,
      List<String> not,
      List<AccessCondition> what,
      List<AccessCondition> who)
      throws InvalidConditionException {
    String inBrackets = key.substring(key.indexOf('[') + 1, key.length() - 1);
    if (key.startsWith("request.headers")) {
      http(who, key, values, not, v -> header(ConditionValues.header(inBrackets, v)));
    } else if (key.startsWith("request.auth.claims")) {
      claims(who, key, List.of(inBrackets.split("]\\[")), values, not);
    } else {
      String filter = key.substring("experimental.".length(), key.indexOf('['));
      noted(what, filter, inBrackets, values, not);
    }
  }

  private static void noted(
      List<AccessCondition> what,
      String filter,
      String name,
      List<String> values,
      List<String> not) {
    Function<List<String>, AccessCondition> match =
        all -> {
          List<ValueMatch> each = all.stream().map(AccessRuleTranslator::notedValue).toList();
          return new AccessCondition.Metadata(
              new MetadataMatch(
                  filter,
                  List.of(name),
                  each.size() == 1 ? each.getFirst() : new ValueMatch.Any(each),
                  false));
        };
    if (!values.isEmpty()) {
      what.add(match.apply(values));
    }
    if (!not.isEmpty()) {
      what.add(new AccessCondition.Not(match.apply(not)));
    }
  }

  private static ValueMatch notedValue(String value) {
    return value.startsWith("[") && value.endsWith("]") && value.length() > 2
        ? new ValueMatch.OneOf(
            new ValueMatch.Text(ConditionValues.string(value.substring(1, value.length() - 1))))
        : new ValueMatch.Text(ConditionValues.string(value));
  }

  private static AccessCondition caller(io.flotilla.model.match.StringMatch principal) {
    return new AccessCondition.Authenticated(Optional.of(principal));
  }

  private static AccessCondition header(io.flotilla.model.match.HeaderMatch match) {
    return new AccessCondition.Header(match);
  }

  private static AccessCondition port(String value) {
    return new AccessCondition.DestinationPort(Integer.parseInt(value));
  }

  private static AccessCondition path(String value) {
    return value.contains("{*}") || value.contains("{**}")
        ? new AccessCondition.PathTemplate(value.replace("{*}", "*").replace("{**}", "**"))
        : new AccessCondition.UrlPath(ConditionValues.string(value));
  }

  private void requestPrincipals(List<AccessCondition> out, List<String> values, List<String> not)
      throws InvalidConditionException {
    if (isMeaningless("requestPrincipals", values, not)) {
      return;
    }
    if (!values.isEmpty()) {
      out.add(requestPrincipal(values));
    }
    if (!not.isEmpty()) {
      out.add(new AccessCondition.Not(requestPrincipal(not)));
    }
  }

  private static AccessCondition requestPrincipal(List<String> values) {
    List<AccessCondition> any = new ArrayList<>();
    for (String value : values) {
      var p = ConditionValues.RequestPrincipal.of(value);
      any.add(
          new AccessCondition.And(
              List.of(
                  new AccessCondition.Metadata(ConditionValues.claim("iss", p.issuer())),
                  new AccessCondition.Metadata(ConditionValues.claim("sub", p.subject())))));
    }
    return any.size() == 1 ? any.getFirst() : new AccessCondition.Or(any);
  }

  private void claims(
      List<AccessCondition> out,
      String key,
      List<String> path,
      List<String> values,
      List<String> not)
      throws InvalidConditionException {
    if (isMeaningless(key, values, not)) {
      return;
    }
    if (!values.isEmpty()) {
      out.add(new AccessCondition.Metadata(ConditionValues.claim(path, values)));
    }
    if (!not.isEmpty()) {
      out.add(
          new AccessCondition.Not(new AccessCondition.Metadata(ConditionValues.claim(path, not))));
    }
  }

  private void trustDomains(List<AccessCondition> out, List<String> values, List<String> not) {
    any(out, aliases(values), aliases(not), v -> caller(ConditionValues.trustDomain(v)));
  }

  private List<String> aliases(List<String> domains) {
    Set<String> out = new LinkedHashSet<>();
    for (String domain : domains) {
      if (trustDomains.contains(domain)) {
        out.addAll(trustDomains);
      } else {
        out.add(domain);
      }
    }
    return List.copyOf(out);
  }

  /** Identities of the mesh also by the aliases of its trust domain. */
  private List<String> ofEveryTrustDomain(List<String> principals) {
    Set<String> out = new LinkedHashSet<>();
    for (String principal : principals) {
      String[] parts = principal.split("/", -1);
      String domain = parts[0];
      if (parts.length != 5 || domain.equals("*") || !isOurs(domain)) {
        out.add(principal);
        continue;
      }
      String rest = principal.substring(domain.length());
      for (String each : trustDomains) {
        out.add(fits(each, domain) ? principal : each + rest);
      }
    }
    return List.copyOf(out);
  }

  private boolean isOurs(String domain) {
    return domain.equals("cluster.local") || trustDomains.stream().anyMatch(t -> fits(t, domain));
  }

  private static boolean fits(String trustDomain, String pattern) {
    return pattern.startsWith("*")
        ? trustDomain.endsWith(pattern.substring(1))
        : trustDomain.equals(pattern);
  }

  private void http(
      List<AccessCondition> out,
      String what,
      List<String> values,
      List<String> not,
      Function<String, AccessCondition> condition)
      throws InvalidConditionException {
    if (!isMeaningless(what, values, not)) {
      any(out, values, not, condition);
    }
  }

  private boolean isMeaningless(String what, List<String> values, List<String> not)
      throws InvalidConditionException {
    boolean said = !values.isEmpty() || !not.isEmpty();
    if (tcp && said && strict) {
      throw new InvalidConditionException(what + " is for requests only");
    }
    return tcp;
  }

  private static void any(
      List<AccessCondition> out,
      List<String> values,
      List<String> not,
      Function<String, AccessCondition> condition) {
    if (!values.isEmpty()) {
      out.add(new AccessCondition.Or(values.stream().map(condition).toList()));
    }
    if (!not.isEmpty()) {
      out.add(
          new AccessCondition.Not(new AccessCondition.Or(not.stream().map(condition).toList())));
    }
  }
}
