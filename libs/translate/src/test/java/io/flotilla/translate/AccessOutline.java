// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import io.flotilla.model.policy.Rbac;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Access control as one line a filter, of the model and of istiod's JSON alike. */
final class AccessOutline {
  private AccessOutline() {}

  /** Of all chains of a listener, in order. */
  static List<String> of(Listener listener) {
    List<String> out = new ArrayList<>();
    for (FilterChain chain : listener.filterChains()) {
      for (NetworkFilter filter : chain.networkFilters()) {
        if (filter instanceof NetworkFilter.AccessControl(Rbac rbac, String prefix)) {
          out.add(chain.name() + " " + prefix + " " + rbac(rbac));
        } else if (filter instanceof NetworkFilter.Authorization a) {
          out.add(
              chain.name()
                  + " asks "
                  + service(a.service())
                  + (a.allowOnError() ? " or allows " : " ")
                  + a.when().map(AccessOutline::when).orElse(""));
        }
      }
      if (chain.terminal() instanceof HttpConnectionManager http) {
        for (HttpFilter filter : http.filters()) {
          if (filter instanceof HttpFilter.AccessControl(Rbac rbac)) {
            out.add(chain.name() + " " + rbac(rbac));
          } else if (filter instanceof HttpFilter.Authorization a) {
            ExternalAuthorization asked = a.authorization();
            out.add(
                chain.name()
                    + " asks "
                    + (asked.service() instanceof ExternalAuthorization.Service.Grpc g
                        ? service(g.service())
                        : asked.service().toString())
                    + (asked.onError().allow() ? " or allows " : " ")
                    + asked.when().metadata().map(AccessOutline::when).orElse("")
                    + " or "
                    + asked.onError().status()
                    + asked
                        .question()
                        .body()
                        .map(b -> " body " + b.largest() + b.partial() + b.bytes())
                        .orElse(""));
          }
        }
      }
    }
    return out;
  }

  static List<String> of(JsonNode listener) {
    List<String> out = new ArrayList<>();
    for (JsonNode chain : listener.path("filterChains")) {
      String name = chain.path("name").asText();
      for (JsonNode filter : chain.path("filters")) {
        JsonNode config = filter.path("typedConfig");
        if (filter.path("name").asText().equals("envoy.filters.network.rbac")) {
          out.add(name + " " + config.path("statPrefix").asText() + " " + rbac(config));
        }
        if (filter.path("name").asText().equals("envoy.filters.network.ext_authz")) {
          out.add(name + " asks " + service(config));
        }
        for (JsonNode http : config.path("httpFilters")) {
          JsonNode asks = http.path("typedConfig");
          if (http.path("name").asText().equals("envoy.filters.http.ext_authz")) {
            JsonNode body = asks.path("withRequestBody");
            out.add(
                name
                    + " asks "
                    + service(asks)
                    + (asks.path("statusOnError").path("code").asText().equals("ServiceUnavailable")
                        ? " or 503"
                        : " or 403")
                    + (body.isMissingNode()
                        ? ""
                        : " body "
                            + body.path("maxRequestBytes").asText()
                            + body.path("allowPartialMessage").asBoolean()
                            + body.path("packAsBytes").asBoolean()));
          }
          if (http.path("name").asText().equals("envoy.filters.http.rbac")) {
            out.add(name + " " + rbac(http.path("typedConfig")));
          }
        }
      }
    }
    return out;
  }

  private static String service(GrpcService service) {
    return service.cluster() + " as " + service.authority() + " for " + service.timeout();
  }

  private static String when(MetadataMatch m) {
    return m.filter() + m.path() + m.value();
  }

  private static String service(JsonNode asks) {
    JsonNode grpc = asks.path("grpcService");
    JsonNode when = asks.path("filterEnabledMetadata");
    return grpc.path("envoyGrpc").path("clusterName").asText()
        + " as "
        + grpc.path("envoyGrpc").path("authority").asText()
        + " for PT"
        + grpc.path("timeout").asText().toUpperCase(java.util.Locale.ROOT)
        + (asks.path("failureModeAllow").asBoolean() ? " or allows " : " ")
        + when(
            new MetadataMatch(
                when.path("filter").asText(),
                List.of(when.path("path").path(0).path("key").asText()),
                new ValueMatch.Text(
                    StringMatch.prefix(
                        when.path("value").path("stringMatch").path("prefix").asText())),
                false));
  }

  /** The filters of the first HTTP chain that verify tokens, as JSON of istiod's names. */
  static List<String> tokens(Listener listener) {
    return listener.filterChains().stream()
        .flatMap(
            c ->
                c.terminal() instanceof HttpConnectionManager http
                    ? http.filters().stream()
                    : java.util.stream.Stream.of())
        .filter(HttpFilter.Jwt.class::isInstance)
        .map(f -> tokens(((HttpFilter.Jwt) f).authentication()))
        .toList();
  }

  private static String tokens(JwtAuthentication jwt) {
    StringBuilder out = new StringBuilder();
    jwt.providers()
        .forEach(
            (name, p) ->
                out.append(name)
                    .append(' ')
                    .append(p.issuer())
                    .append(p.audiences())
                    .append(((JwtProvider.Keys.Inline) p.keys()).jwks())
                    .append(p.forward())
                    .append(p.fromHeaders().stream().map(h -> h.name() + h.prefix()).toList())
                    .append(p.fromParams())
                    .append(p.fromCookies())
                    .append(p.payloadHeader())
                    .append(p.metadataKey())
                    .append(p.spaceDelimitedClaims())
                    .append(p.claimHeaders().stream().map(c -> c.header() + c.claim()).toList())
                    .append('\n'));
    jwt.rules()
        .forEach(r -> out.append(r.path()).append(requirement(r.requirement().orElseThrow())));
    return out.append(jwt.bypassCorsPreflight()).toString();
  }

  private static String requirement(JwtRequirement r) {
    return switch (r) {
      case JwtRequirement.Provided p -> p.provider();
      case JwtRequirement.AnyOf any ->
          "any" + any.any().stream().map(AccessOutline::requirement).toList();
      case JwtRequirement.AllOf all ->
          "all" + all.all().stream().map(AccessOutline::requirement).toList();
      case JwtRequirement.AllowMissing m -> "missing";
      case JwtRequirement.AllowMissingOrFailed m -> "failed";
    };
  }

  static List<String> tokens(JsonNode listener) {
    List<String> out = new ArrayList<>();
    for (JsonNode chain : listener.path("filterChains")) {
      for (JsonNode filter : chain.path("filters")) {
        for (JsonNode http : filter.path("typedConfig").path("httpFilters")) {
          if (http.path("name").asText().equals("envoy.filters.http.jwt_authn")) {
            out.add(jwt(http.path("typedConfig")));
          }
        }
      }
    }
    return out;
  }

  private static String jwt(JsonNode jwt) {
    StringBuilder out = new StringBuilder();
    jwt.path("providers")
        .properties()
        .forEach(
            e -> {
              JsonNode p = e.getValue();
              out.append(e.getKey())
                  .append(' ')
                  .append(p.path("issuer").asText())
                  .append(texts(p.path("audiences")))
                  .append(p.path("localJwks").path("inlineString").asText())
                  .append(p.path("forward").asBoolean())
                  .append(pairs(p.path("fromHeaders"), "name", "valuePrefix"))
                  .append(texts(p.path("fromParams")))
                  .append(texts(p.path("fromCookies")))
                  .append(p.path("forwardPayloadHeader").asText())
                  .append(p.path("payloadInMetadata").asText())
                  .append(texts(p.path("normalizePayloadInMetadata").path("spaceDelimitedClaims")))
                  .append(pairs(p.path("claimToHeaders"), "headerName", "claimName"))
                  .append('\n');
            });
    jwt.path("rules")
        .forEach(
            r ->
                out.append("Prefix[value=")
                    .append(r.path("match").path("prefix").asText())
                    .append(']')
                    .append(requires(r.path("requires"))));
    return out.append(jwt.path("bypassCorsPreflight").asBoolean()).toString();
  }

  private static String requires(JsonNode r) {
    if (r.has("providerName")) {
      return r.path("providerName").asText();
    }
    if (r.has("allowMissing")) {
      return "missing";
    }
    List<String> each = new ArrayList<>();
    String kind = r.has("requiresAny") ? "requiresAny" : "requiresAll";
    r.path(kind).path("requirements").forEach(c -> each.add(requires(c)));
    return (kind.equals("requiresAny") ? "any" : "all") + each;
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(t -> out.add(t.asText()));
    return out;
  }

  private static List<String> pairs(JsonNode list, String first, String second) {
    List<String> out = new ArrayList<>();
    list.forEach(p -> out.add(p.path(first).asText() + p.path(second).asText()));
    return out;
  }

  private static String rbac(Rbac rbac) {
    return rbac.rules().map(AccessOutline::rules)
        + " shadow "
        + rbac.shadowRules().map(AccessOutline::rules)
        + " "
        + rbac.shadowPrefix();
  }

  private static String rbac(JsonNode rbac) {
    return optional(rbac.path("rules"))
        + " shadow "
        + optional(rbac.path("shadowRules"))
        + " "
        + rbac.path("shadowRulesStatPrefix").asText();
  }

  private static Optional<String> optional(JsonNode rules) {
    if (rules.isMissingNode()) {
      return Optional.empty();
    }
    Map<String, String> policies = new TreeMap<>();
    rules
        .path("policies")
        .properties()
        .forEach(
            p ->
                policies.put(
                    p.getKey(),
                    list(p.getValue().path("permissions"))
                        + " by "
                        + list(p.getValue().path("principals"))));
    return Optional.of(rules.path("action").asText("ALLOW") + policies);
  }

  private static String rules(AccessRules rules) {
    Map<String, String> policies = new TreeMap<>();
    rules
        .policies()
        .forEach(
            (name, p) -> policies.put(name, list(p.permissions()) + " by " + list(p.principals())));
    return rules.action().toString() + policies;
  }

  private static String list(List<AccessCondition> conditions) {
    return conditions.stream()
        .map(AccessOutline::condition)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String list(JsonNode conditions) {
    List<String> out = new ArrayList<>();
    conditions.forEach(c -> out.add(condition(c)));
    return out.toString();
  }

  private static String condition(AccessCondition condition) {
    return switch (condition) {
      case AccessCondition.Any c -> "any";
      case AccessCondition.And c -> "and" + list(c.all());
      case AccessCondition.Or c -> "or" + list(c.any());
      case AccessCondition.Not c -> "not " + condition(c.condition());
      case AccessCondition.Header c -> "header " + header(c.match());
      case AccessCondition.UrlPath c -> "path " + string(c.match());
      case AccessCondition.PathTemplate c -> "template " + c.template();
      case AccessCondition.Metadata c ->
          "metadata " + c.match().filter() + c.match().path() + " " + value(c.match().value());
      case AccessCondition.DestinationIp c -> "to " + c.range();
      case AccessCondition.DestinationPort c -> "port " + c.port();
      case AccessCondition.DestinationPorts c -> "ports " + c.first() + "-" + c.end();
      case AccessCondition.ServerName c -> "sni " + string(c.match());
      case AccessCondition.Authenticated c ->
          "caller " + c.principal().map(AccessOutline::string).orElse("");
      case AccessCondition.SourceIp c -> "source " + c.range();
      case AccessCondition.DirectRemoteIp c -> "direct " + c.range();
      case AccessCondition.RemoteIp c -> "remote " + c.range();
      case AccessCondition.FilterState c -> "state " + c.key() + " " + string(c.match());
    };
  }

  private static String condition(JsonNode c) {
    Map.Entry<String, JsonNode> only = c.properties().iterator().next();
    JsonNode v = only.getValue();
    return switch (only.getKey()) {
      case "any" -> "any";
      case "andRules" -> "and" + list(v.path("rules"));
      case "andIds" -> "and" + list(v.path("ids"));
      case "orRules" -> "or" + list(v.path("rules"));
      case "orIds" -> "or" + list(v.path("ids"));
      case "notRule", "notId" -> "not " + condition(v);
      case "header" ->
          "header "
              + v.path("name").asText()
              + " "
              + (v.path("presentMatch").asBoolean() ? "present" : string(v.path("stringMatch")));
      case "urlPath" -> "path " + string(v.path("path"));
      case "uriTemplate" -> "template " + v.path("typedConfig").path("pathTemplate").asText();
      case "metadata" -> {
        List<String> path = new ArrayList<>();
        v.path("path").forEach(p -> path.add(p.path("key").asText()));
        yield "metadata " + v.path("filter").asText() + path + " " + value(v.path("value"));
      }
      case "destinationIp" -> "to " + range(v);
      case "destinationPort" -> "port " + v.asInt();
      case "requestedServerName" -> "sni " + string(v);
      case "authenticated" -> "caller " + string(v.path("principalName"));
      case "directRemoteIp" -> "direct " + range(v);
      case "remoteIp" -> "remote " + range(v);
      default -> throw new AssertionError(c);
    };
  }

  private static String range(JsonNode v) {
    return v.path("addressPrefix").asText() + "/" + v.path("prefixLen").asInt();
  }

  private static String header(HeaderMatch match) {
    return match.name() + " " + match.value().map(AccessOutline::string).orElse("present");
  }

  private static String string(StringMatch match) {
    return switch (match) {
      case StringMatch.Exact m -> "exact " + m.value() + anyCase(m.ignoreCase());
      case StringMatch.Prefix m -> "prefix " + m.value() + anyCase(m.ignoreCase());
      case StringMatch.Suffix m -> "suffix " + m.value() + anyCase(m.ignoreCase());
      case StringMatch.Contains m -> "contains " + m.value() + anyCase(m.ignoreCase());
      case StringMatch.Regex m -> "regex " + m.regex();
    };
  }

  private static String string(JsonNode m) {
    String any = anyCase(m.path("ignoreCase").asBoolean());
    for (String kind : List.of("exact", "prefix", "suffix", "contains")) {
      if (m.has(kind)) {
        return kind + " " + m.path(kind).asText() + any;
      }
    }
    return "regex " + m.path("safeRegex").path("regex").asText();
  }

  private static String anyCase(boolean ignoreCase) {
    return ignoreCase ? " in any case" : "";
  }

  private static String value(ValueMatch match) {
    return switch (match) {
      case ValueMatch.Text m -> string(m.match());
      case ValueMatch.OneOf m -> "list of " + value(m.element());
      case ValueMatch.Any m -> "or" + m.matches().stream().map(AccessOutline::value).toList();
      default -> match.toString();
    };
  }

  private static String value(JsonNode m) {
    if (m.has("stringMatch")) {
      return string(m.path("stringMatch"));
    }
    if (m.has("listMatch")) {
      return "list of " + value(m.path("listMatch").path("oneOf"));
    }
    List<String> out = new ArrayList<>();
    m.path("orMatch").path("valueMatchers").forEach(v -> out.add(value(v)));
    return "or" + out;
  }
}
