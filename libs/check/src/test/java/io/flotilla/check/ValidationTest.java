// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.api.yaml.Manifest;
import io.flotilla.api.yaml.ManifestReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValidationTest {
  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: reviews}
      spec: {selector: {app: reviews}, ports: [{name: http, port: 9080}]}
      ---
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: reviews-v1, labels: {app: reviews, version: v1}}
      spec: {address: 127.10.0.1}
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: reviews}
      spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}
      ---
      """;

  @Test
  void findsNothingWrongWithWhatFitsTogether() {
    assertThat(findings(route("reviews", "v1", ""))).isEmpty();
  }

  @Test
  void findsAHostWithNoService() {
    assertThat(findings(route("nowhere", "v1", "")))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code().code()).isEqualTo("IST0101");
              assertThat(finding.message()).isEqualTo("Referenced host not found: \"nowhere\"");
              assertThat(finding.object()).isEqualTo("VirtualService default/route");
              assertThat(finding.origin().toString()).isEqualTo("test.yaml:16");
              assertThat(finding.rejects()).isFalse();
            });
  }

  @Test
  void findsASubsetThatNoDestinationRuleNames() {
    assertThat(findings(route("reviews", "v9", "")))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.message())
                    .isEqualTo(
                        "Referenced host+subset in destinationrule not found: \"reviews+v9\""));
  }

  @Test
  void findsAGatewayThatIsNotThere() {
    assertThat(findings(route("reviews", "v1", "gateways: [edge/main]")))
        .extracting(Finding::message)
        .containsExactly("Referenced gateway not found: \"edge/main\"");
  }

  @Test
  void findsASubsetWithNoWorkloads() {
    String rule =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: more}
        spec: {host: reviews.default.svc.cluster.local, subsets: [{name: v5, labels: {version: v5}}]}
        """;
    assertThat(findings(rule)).extracting(f -> f.code().code()).containsExactly("IST0173");
  }

  @Test
  void findsTwoVirtualServicesForOneHost() {
    String two =
        route("reviews", "v1", "")
            + "---\n"
            + route("reviews", "v1", "").replace("name: route", "name: other");
    assertThat(findings(two))
        .hasSize(2)
        .allSatisfy(finding -> assertThat(finding.code().code()).isEqualTo("IST0109"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "match: [{uri: {regex: '%s'}}]; spec.http[0].match[0].uri.regex",
        "match: [{headers: {x: {regex: '%s'}}}]; spec.http[0].match[0].headers[x].regex",
        "match: [{queryParams: {x: {regex: '%s'}}}]; spec.http[0].match[0].queryParams[x].regex",
        "corsPolicy: {allowOrigins: [{regex: '%s'}]}; spec.http[0].corsPolicy.allowOrigins[0].regex",
        "rewrite: {uriRegexRewrite: {match: '%s', rewrite: x}}; spec.http[0].rewrite.uriRegexRewrite.match"
      })
  void refusesARegexThatStopsAProxy(String part, String path) {
    assertThat(refusal(part.formatted("((((a{1000}){1000}){1000}){1000})")))
        .startsWith("test.yaml:7: VirtualService default/route: " + path + ": ")
        .endsWith("lower the counts of its {n,m} repeats");
    assertThat(refusal(part.formatted("(?=x)\\1")))
        .startsWith("test.yaml:7: VirtualService default/route: " + path + ": ")
        .contains("is not RE2's")
        .endsWith("RE2 has no lookaround and no backreferences");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path: {type: RegularExpression, value: '((((a{1000}){1000}){1000}){1000})'}",
        "headers: [{type: RegularExpression, name: x, value: '(?=x)'}]",
        "queryParams: [{type: RegularExpression, name: x, value: '(?=x)'}]"
      })
  void refusesARegexOfAnHttpRouteThatStopsAProxy(String match) {
    String route =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: route}
        spec:
          rules: [{matches: [{%s}]}]
        """;
    assertThat(new ManifestReader().read(route.formatted(match), "test.yaml").rejections())
        .singleElement()
        .asString()
        .startsWith("test.yaml:5: HTTPRoute default/route: spec.rules[0].matches[0].")
        .contains("the regular expression '");
  }

  private static String refusal(String part) {
    String route =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: route}
        spec:
          hosts: [reviews]
          http:
          - %s
            route: [{destination: {host: reviews}}]
        """;
    return new ManifestReader()
        .read(route.formatted(part), "test.yaml")
        .rejections()
        .getFirst()
        .toString();
  }

  private static List<Finding> findings(String yaml) {
    Manifest manifest = new ManifestReader().read(SERVICES + yaml, "test.yaml");
    assertThat(manifest.rejections()).isEmpty();
    return Validation.analyze(manifest.resources());
  }

  private static String route(String host, String subset, String more) {
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: route}
        spec:
          hosts: [reviews]
          %s
          http: [{route: [{destination: {host: %s, subset: %s}}]}]
        """
        .formatted(more, host, subset);
  }
}
