// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import io.flotilla.api.security.AccessRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Requests that a rule is about: mostly as it wants them, sometimes nearly so, sometimes not. */
final class Generator {
  private static final List<String> WORDS =
      List.of("a", "b-c", "x", "GET", "ns-1", "allow", "zz", "exact", "header");
  private static final List<String> METHODS =
      List.of("GET", "POST", "HEAD", "DELETE", "PUT", "get");
  private static final int MOST = 65_535;

  private final Random random;

  Generator(long seed) {
    this.random = new Random(seed);
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  AccessRule rule(List<AccessRule> rules) {
    return rules.isEmpty() ? new AccessRule(List.of(), List.of(), List.of()) : one(rules);
  }

  Asked.Connection connection(AccessRule rule) {
    AccessRule.Source source = source(rule);
    String uri =
        chance(85) ? uri(rule, source) : "spiffe://cluster.local/ns/" + one(WORDS) + "/sa/x";
    String address = chance(50) ? "10.10.10.10" : "192.168.10." + random.nextInt(256);
    String port = "8080";
    String sni = "a.test";
    for (AccessRule.Condition c : rule.when()) {
      switch (c.key()) {
        case "destination.ip" -> address = address(c.values(), c.notValues(), address);
        case "destination.port" -> port = text(c.values(), c.notValues(), port);
        case "connection.sni" -> sni = text(c.values(), c.notValues(), sni);
        default -> {}
      }
    }
    AccessRule.Operation operation = operation(rule);
    if (operation != null) {
      port = text(operation.ports(), operation.notPorts(), port);
    }
    boolean tls = chance(85);
    return new Asked.Connection(
        tls,
        chance(90) ? Optional.of(uri) : Optional.empty(),
        sni.matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?") && !sni.contains("..") ? sni : "b.test",
        source == null
            ? "10.1.2.3"
            : address(source.remoteIpBlocks(), source.notRemoteIpBlocks(), "10.1.2.3"),
        address,
        port.matches("\\d{1,5}") && Integer.parseInt(port) <= MOST ? Integer.parseInt(port) : 80);
  }

  private AccessRule.@org.jspecify.annotations.Nullable Source source(AccessRule rule) {
    return rule.from().isEmpty() ? null : one(rule.from()).source().orElseThrow();
  }

  private AccessRule.@org.jspecify.annotations.Nullable Operation operation(AccessRule rule) {
    return rule.to().isEmpty() ? null : one(rule.to()).operation().orElseThrow();
  }

  private String uri(AccessRule rule, AccessRule.@org.jspecify.annotations.Nullable Source source) {
    List<String> all = new ArrayList<>();
    if (source != null) {
      principals(source.principals(), source.notPrincipals(), all);
      namespaces(source.namespaces(), source.notNamespaces(), all);
      for (String account : both(source.serviceAccounts(), source.notServiceAccounts())) {
        String whole = account.contains("/") ? account : "foo/" + account;
        all.add("cluster.local/ns/" + whole.replace("/", "/sa/") + (chance(20) ? "/more" : ""));
      }
      for (String domain : both(source.trustDomains(), source.notTrustDomains())) {
        all.add(text(List.of(domain), List.of(), "td") + "/ns/a/sa/b");
      }
    }
    for (AccessRule.Condition c : rule.when()) {
      if (c.key().equals("source.principal")) {
        principals(c.values(), c.notValues(), all);
      } else if (c.key().equals("source.namespace")) {
        namespaces(c.values(), c.notValues(), all);
      }
    }
    String chosen = all.isEmpty() ? "cluster.local/ns/a/sa/b" : one(all);
    if (chance(10)) {
      chosen = chosen.replaceFirst("^[^/]*/", one(List.of("td1", "some-td", "other")) + "/");
    }
    return "spiffe://" + chosen;
  }

  private void principals(List<String> values, List<String> not, List<String> out) {
    if (!values.isEmpty() || !not.isEmpty()) {
      String principal = text(values, not, "principal");
      out.add(principal);
      out.add(principal.replaceFirst("^cluster\\.local/", "td1/"));
    }
  }

  private void namespaces(List<String> values, List<String> not, List<String> out) {
    if (!values.isEmpty() || !not.isEmpty()) {
      out.add("cluster.local/ns/" + text(values, not, "ns") + "/sa/b");
    }
  }

  private static List<String> both(List<String> values, List<String> not) {
    List<String> out = new ArrayList<>(values);
    out.addAll(not);
    return out;
  }

  Asked.Http http(AccessRule rule) {
    String method = one(METHODS);
    String host = one(WORDS) + ".test";
    String path = "/" + one(WORDS);
    Map<String, String> headers = new HashMap<>();
    Map<String, Object> claims = new LinkedHashMap<>();
    AccessRule.Operation operation = operation(rule);
    if (operation != null) {
      method = text(operation.methods(), operation.notMethods(), method);
      host = text(operation.hosts(), operation.notHosts(), host);
      path = path(text(operation.paths(), operation.notPaths(), path));
    }
    AccessRule.Source source = source(rule);
    if (source != null) {
      requestPrincipal(source.requestPrincipals(), source.notRequestPrincipals(), claims);
      if (!source.remoteIpBlocks().isEmpty() && chance(70)) {
        headers.put(
            "x-forwarded-for",
            address(source.remoteIpBlocks(), source.notRemoteIpBlocks(), "9.9.9.9"));
      }
    }
    for (AccessRule.Condition c : rule.when()) {
      if (chance(4)) {
        continue;
      }
      when(c, headers, claims);
    }
    return new Asked.Http(
        method.matches("[A-Za-z0-9_-]+") ? method : "GET",
        host.matches("[A-Za-z0-9_.:-]+") ? host : "a.test",
        path.matches("/[A-Za-z0-9_./?=&-]*") ? path : "/other",
        headers,
        claims);
  }

  private void when(
      AccessRule.Condition c, Map<String, String> headers, Map<String, Object> claims) {
    String key = c.key();
    if (key.startsWith("request.headers[") && !key.contains("[:")) {
      String value = text(c.values(), c.notValues(), "header");
      headers.put(key.substring(16, key.length() - 1).toLowerCase(java.util.Locale.ROOT), value);
    } else if (key.equals("remote.ip")) {
      headers.put("x-forwarded-for", address(c.values(), c.notValues(), "9.9.9.9"));
    } else if (key.equals("request.auth.principal")) {
      requestPrincipal(c.values(), c.notValues(), claims);
    } else if (key.equals("request.auth.audiences")) {
      claims.put("aud", listOrNot(text(c.values(), c.notValues(), "aud")));
    } else if (key.equals("request.auth.presenter")) {
      claims.put("azp", text(c.values(), c.notValues(), "azp"));
    } else if (key.startsWith("request.auth.claims[")) {
      String[] path = key.substring(20, key.length() - 1).split("]\\[");
      Object value = listOrNot(text(c.values(), c.notValues(), "claim"));
      // The issuer of a token is text, or it is no token.
      claims.put(
          path[0],
          path.length == 1
              ? path[0].equals("iss") ? String.valueOf(c.values().getFirst()) : value
              : Map.of(path[1], value));
    }
  }

  private Object listOrNot(String value) {
    return chance(50) ? value : List.of("other", value);
  }

  private void requestPrincipal(List<String> values, List<String> not, Map<String, Object> claims) {
    if (values.isEmpty() && not.isEmpty()) {
      return;
    }
    String principal = text(values, not, "iss/sub");
    int slash = principal.lastIndexOf('/');
    claims.put("iss", slash < 0 ? principal : principal.substring(0, slash));
    if (slash >= 0 || chance(50)) {
      claims.put("sub", slash < 0 ? one(WORDS) : principal.substring(slash + 1));
    }
  }

  private String path(String value) {
    String path =
        value
            .replace("{**}", chance(50) ? "p/q" : "p")
            .replace("{*}", one(List.of("p", "p.q", "")));
    path = path.startsWith("/") ? path : "/" + path;
    return chance(15) ? path + "?q=1" : path;
  }

  /** A value that one of the values, or of those that must not be, fits; sometimes nearly. */
  private String text(List<String> values, List<String> not, String otherwise) {
    if (values.isEmpty() && not.isEmpty()) {
      return otherwise;
    }
    String value = values.isEmpty() || (!not.isEmpty() && chance(20)) ? one(not) : one(values);
    if (value.equals("*")) {
      value = one(WORDS);
    } else if (value.startsWith("*")) {
      value = (chance(80) ? one(WORDS) : "") + value.substring(1);
    } else if (value.endsWith("*")) {
      value = value.substring(0, value.length() - 1) + (chance(80) ? one(WORDS) : "");
    }
    if (chance(12)) {
      value =
          switch (random.nextInt(4)) {
            case 0 -> value + "x";
            case 1 -> value.isEmpty() ? value : value.substring(1);
            case 2 -> value.toUpperCase(java.util.Locale.ROOT);
            default -> one(WORDS);
          };
    }
    return value.isEmpty() ? otherwise : value;
  }

  private String address(List<String> values, List<String> not, String otherwise) {
    if (values.isEmpty() && not.isEmpty()) {
      return otherwise;
    }
    String range = values.isEmpty() || (!not.isEmpty() && chance(20)) ? one(not) : one(values);
    int slash = range.indexOf('/');
    String address = slash < 0 ? range : range.substring(0, slash);
    if (address.contains(":")) {
      return otherwise;
    }
    if (chance(30)) {
      int dot = address.lastIndexOf('.');
      address = address.substring(0, dot + 1) + random.nextInt(256);
    }
    return address;
  }
}
