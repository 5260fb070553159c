// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import io.flotilla.api.internal.Durations;
import io.flotilla.api.tree.Tree;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A rule of a schema: as CEL for an API server, and as code of the same meaning for us. The CEL
 * text and the message are upstream's, so that both say the same.
 */
public enum Rule {
  AT_LEAST_1MS(
      "duration(self) >= duration('1ms')",
      "must be a valid duration greater than 1ms",
      self ->
          Durations.parse(text(self))
              .filter(d -> d.compareTo(Duration.ofMillis(1)) >= 0)
              .isPresent()),

  PORT(
      "0 < self && self <= 65535",
      "port must be between 1-65535",
      self ->
          self instanceof Tree.Number n
              && n.value().longValue() > 0
              && n.value().longValue() <= 65535),

  HOST_NOT_WILDCARD(
      "self != \"*\"", "hostname cannot be wildcard", self -> !text(self).equals("*")),

  NO_WILDCARD_IN_SELECTOR(
      "!self.contains(\"*\")",
      "wildcard is not supported in selector",
      self -> !text(self).contains("*")),

  NO_WILDCARD_IN_LABEL_VALUE(
      "!self.contains(\"*\")",
      "wildcard not allowed in label value match",
      self -> !text(self).contains("*")),

  NO_WILDCARD_IN_LABEL_KEY(
      "self.all(key, !key.contains(\"*\"))",
      "wildcard not allowed in label key match",
      self -> keys(self).stream().noneMatch(key -> key.contains("*"))),

  LABEL_KEY_NOT_EMPTY(
      "self.all(key, key.size() != 0)",
      "key must not be empty",
      self -> keys(self).stream().noneMatch(String::isEmpty)),

  ENDPOINTS_OR_SELECTOR(
      "(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1",
      "only one of WorkloadSelector or Endpoints can be set",
      self -> !(has(self, "workloadSelector") && has(self, "endpoints"))),

  CIDR_NEEDS_NONE_OR_STATIC(
      "!((has(self.addresses) ? self.addresses : []).exists(k, k.contains(\"/\")) && !((has(self.resolution) ? self.resolution : \"NONE\") in [\"STATIC\", \"NONE\"]))",
      "CIDR addresses are allowed only for NONE/STATIC resolution types",
      self ->
          items(self, "addresses").stream().noneMatch(address -> text(address).contains("/"))
              || List.of("STATIC", "NONE").contains(field(self, "resolution", "NONE"))),

  NONE_WITHOUT_ENDPOINTS(
      "((has(self.resolution) ? self.resolution : \"NONE\") == \"NONE\") ? !has(self.endpoints) : true",
      "NONE mode cannot set endpoints",
      self -> !field(self, "resolution", "NONE").equals("NONE") || !has(self, "endpoints")),

  ROUND_ROBIN_HAS_ONE_ENDPOINT(
      "((has(self.resolution) ? self.resolution : \"\") == \"DNS_ROUND_ROBIN\") ? ((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true",
      "DNS_ROUND_ROBIN mode cannot have multiple endpoints",
      self ->
          !field(self, "resolution", "").equals("DNS_ROUND_ROBIN")
              || items(self, "endpoints").size() <= 1),

  PORT_NUMBERS_DIFFER(
      "self.all(l1, self.exists_one(l2, l1.number == l2.number))",
      "port number cannot be duplicated",
      self -> {
        List<String> numbers =
            self instanceof Tree.Sequence list
                ? list.items().stream().map(item -> number(item, "number")).toList()
                : List.of();
        return numbers.stream().distinct().count() == numbers.size();
      }),

  ADDRESS_OR_NETWORK(
      "has(self.address) || has(self.network)",
      "Address is required",
      self -> has(self, "address") || has(self, "network")),

  UDS_WITHOUT_PORTS(
      "(has(self.address) ? self.address : \"\").startsWith(\"unix://\") ? !has(self.ports) : true",
      "UDS may not include ports",
      self -> !field(self, "address", "").startsWith("unix://") || !has(self, "ports")),

  UDS_ABSOLUTE(
      "self.startsWith(\"unix://\") ? (self.substring(7, 8) == \"/\" || self.substring(7, 8) == \"@\") : true",
      "UDS must be an absolute path or abstract socket",
      self ->
          !text(self).startsWith("unix://")
              || text(self).startsWith("/", 7)
              || text(self).startsWith("@", 7)),

  UDS_NOT_DIRECTORY(
      "self.startsWith(\"unix://\") ? !self.endsWith(\"/\") : true",
      "UDS may not be a dir",
      self -> !text(self).startsWith("unix://") || !text(self).endsWith("/")),

  PORT_NAMES(
      "self.all(key, size(key) < 63 && key.matches(\"^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$\"))",
      "port name must be valid",
      self ->
          keys(self).stream()
              .allMatch(key -> key.length() < 63 && PortName.FORM.matcher(key).matches())),

  PORT_KEYS(
      "self.all(key, 0 < int(key) && int(key) <= 65535)",
      "port must be between 1-65535",
      self ->
          keys(self).stream()
              .allMatch(
                  key ->
                      key.matches("[+-]?\\d{1,9}")
                          && Integer.parseInt(key) > 0
                          && Integer.parseInt(key) <= 65535)),

  PORT_LEVEL_NEEDS_SELECTOR(
      "has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true",
      "portLevelMtls requires selector",
      self ->
          !has(self, "portLevelMtls")
              || (self instanceof Tree.Mapping m
                  && m.get("selector").orElse(null) instanceof Tree.Mapping selector
                  && selector.get("matchLabels").orElse(null) instanceof Tree.Mapping labels
                  && !labels.fields().isEmpty())),

  TARGETS_OR_SELECTOR(
      "(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1",
      "only one of targetRefs or selector can be set",
      self ->
          Stream.of("selector", "targetRef", "targetRefs").filter(f -> has(self, f)).count() <= 1),

  SAME_NAMESPACE(
      "self.size() == 0",
      "cross namespace referencing is not currently supported",
      self -> text(self).isEmpty()),

  SERVICE_ACCOUNTS_ALONE(
      "(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) &&\n!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true",
      "Cannot set serviceAccounts with namespaces or principals",
      self ->
          !(has(self, "serviceAccounts") || has(self, "notServiceAccounts"))
              || Stream.of("principals", "notPrincipals", "namespaces", "notNamespaces")
                  .noneMatch(f -> has(self, f))),

  HTTP_URL(
      "url(self).getScheme() in [\"http\", \"https\"]",
      "url must have scheme http:// or https://",
      self -> text(self).startsWith("http://") || text(self).startsWith("https://")),

  ONE_KEY_SET(
      "(has(self.jwksUri) ? 1 : 0) + (has(self.jwks_uri) ? 1 : 0) + (has(self.jwks) ? 1 : 0) <= 1",
      "only one of jwks or jwksUri can be set",
      self -> Stream.of("jwksUri", "jwks_uri", "jwks").filter(f -> has(self, f)).count() <= 1),

  CREDENTIALS_OR_CERTIFICATES(
      "(has(self.tlsCertificates) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1",
      "only one of credentialNames or tlsCertificates can be set",
      self -> !(has(self, "tlsCertificates") && has(self, "credentialNames"))),

  CREDENTIAL_OR_CREDENTIALS(
      "(has(self.credentialName) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1",
      "only one of credentialName or credentialNames can be set",
      self -> !(has(self, "credentialName") && has(self, "credentialNames"))),

  /** Upstream's message and rule name different fields; the rule is what counts. */
  CREDENTIAL_OR_CERTIFICATES(
      "(has(self.credentialNames) ? 1 : 0) + (has(self.tlsCertificates) ? 1 : 0) <= 1",
      "only one of credentialName or tlsCertificates can be set",
      self -> !(has(self, "credentialNames") && has(self, "tlsCertificates")));

  private final String cel;
  private final String message;
  private final Predicate<Tree> code;

  Rule(String cel, String message, Predicate<Tree> code) {
    this.cel = cel;
    this.message = message;
    this.code = code;
  }

  /** The rule as an API server evaluates it. */
  public String cel() {
    return cel;
  }

  /** What a caller is told when it does not hold. */
  public String message() {
    return message;
  }

  /** Whether it holds for a value of the type that the schema demands. */
  public boolean holds(Tree value) {
    return code.test(value);
  }

  private static String text(Tree value) {
    return value instanceof Tree.Text text ? text.value() : "";
  }

  private static boolean has(Tree value, String name) {
    return value instanceof Tree.Mapping map && map.has(name);
  }

  private static String field(Tree value, String name, String absent) {
    return value instanceof Tree.Mapping map ? map.text(name).orElse(absent) : absent;
  }

  private static String number(Tree value, String name) {
    return value instanceof Tree.Mapping map
        ? map.get(name).map(Tree::described).orElse("")
        : value.described();
  }

  private static List<Tree> items(Tree value, String name) {
    return value instanceof Tree.Mapping map
            && map.get(name).orElse(null) instanceof Tree.Sequence list
        ? list.items()
        : List.of();
  }

  private static List<String> keys(Tree value) {
    return value instanceof Tree.Mapping map ? List.copyOf(map.fields().keySet()) : List.of();
  }

  private static final class PortName {
    static final Pattern FORM = Pattern.compile("[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?");
  }
}
