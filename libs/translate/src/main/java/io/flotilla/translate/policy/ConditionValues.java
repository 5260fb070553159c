// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import java.util.List;
import java.util.Optional;

/** Values of conditions, with their wildcards, as matches. */
final class ConditionValues {
  static final String JWT = "envoy.filters.http.jwt_authn";

  private static final String PAYLOAD = "payload";
  private static final StringMatch NOT_EMPTY = new StringMatch.Regex(".+");

  private ConditionValues() {}

  /** "*", "suffix" after "*", "prefix" before it, or the whole. */
  static StringMatch string(String value) {
    return string(value, false);
  }

  private static StringMatch string(String value, boolean ignoreCase) {
    if (value.equals("*")) {
      return NOT_EMPTY;
    }
    if (value.startsWith("*")) {
      return new StringMatch.Suffix(value.substring(1), ignoreCase);
    }
    if (value.endsWith("*")) {
      return new StringMatch.Prefix(value.substring(0, value.length() - 1), ignoreCase);
    }
    return new StringMatch.Exact(value, ignoreCase);
  }

  static HeaderMatch header(String name, String value) {
    return value.equals("*")
        ? HeaderMatch.present(name)
        : HeaderMatch.of(name, string(value, false));
  }

  static HeaderMatch host(String value) {
    return value.equals("*")
        ? HeaderMatch.present(":authority")
        : HeaderMatch.of(":authority", string(value, true));
  }

  /** Of an identity without its "spiffe://". */
  static StringMatch principal(String value) {
    if (value.equals("*")) {
      return NOT_EMPTY;
    }
    if (value.startsWith("*")) {
      return new StringMatch.Regex("spiffe://.*" + quoted(value.substring(1)));
    }
    if (value.endsWith("*")) {
      return StringMatch.prefix("spiffe://" + value.substring(0, value.length() - 1));
    }
    return StringMatch.exact("spiffe://" + value);
  }

  static StringMatch namespace(String value) {
    return new StringMatch.Regex(".*/ns/" + withWildcards(value, ".*") + "/.*");
  }

  static StringMatch trustDomain(String value) {
    return new StringMatch.Regex("spiffe://" + withWildcards(value, "[^/]*") + "/.*");
  }

  /** "account" of the policy's namespace, or "namespace/account". */
  static StringMatch serviceAccount(String value, String policyNamespace) {
    int slash = value.indexOf('/');
    String namespace = slash < 0 ? policyNamespace : value.substring(0, slash);
    String account = value.substring(slash + 1);
    return new StringMatch.Regex(
        "spiffe://.+/ns/" + quoted(namespace) + "/(.+/|)sa/" + quoted(account) + "(/.+)?");
  }

  private static String withWildcards(String value, String wildcard) {
    StringBuilder out = new StringBuilder();
    for (String part : value.split("((?<=\\*)|(?=\\*))")) {
      out.append(part.equals("*") ? wildcard : quoted(part));
    }
    return out.toString();
  }

  private static String quoted(String literal) {
    return literal.replaceAll("[\\\\.+*?()|\\[\\]{}^$]", "\\\\$0");
  }

  static CidrRange range(String value) {
    int slash = value.indexOf('/');
    return slash < 0
        ? new CidrRange(value, value.indexOf(':') < 0 ? 32 : 128)
        : new CidrRange(value.substring(0, slash), Integer.parseInt(value.substring(slash + 1)));
  }

  /** A claim that is one of the values, or a list that holds one. */
  static MetadataMatch claim(List<String> path, List<String> values) {
    List<ValueMatch> each =
        values.stream().map(v -> (ValueMatch) new ValueMatch.Text(string(v))).toList();
    ValueMatch one = each.size() == 1 ? each.getFirst() : new ValueMatch.Any(each);
    return claims(path, new ValueMatch.Any(List.of(new ValueMatch.OneOf(one), one)));
  }

  static MetadataMatch claim(String name, StringMatch value) {
    return claims(List.of(name), new ValueMatch.Text(value));
  }

  private static MetadataMatch claims(List<String> path, ValueMatch value) {
    List<String> whole = new java.util.ArrayList<>(List.of(PAYLOAD));
    whole.addAll(path);
    return new MetadataMatch(JWT, whole, value, false);
  }

  /** What "issuer/subject" asks of either; the issuer may be a URL. */
  record RequestPrincipal(StringMatch issuer, StringMatch subject) {
    static RequestPrincipal of(String value) {
      int slash = value.lastIndexOf('/');
      Optional<String> subject =
          slash < 0 ? Optional.empty() : Optional.of(value.substring(slash + 1));
      String issuer = slash < 0 ? value : value.substring(0, slash);
      if (value.equals("*")) {
        return new RequestPrincipal(NOT_EMPTY, NOT_EMPTY);
      }
      if (value.startsWith("*")) {
        return subject.isEmpty()
            ? new RequestPrincipal(NOT_EMPTY, new StringMatch.Suffix(value.substring(1), false))
            : new RequestPrincipal(
                issuer.equals("*") ? NOT_EMPTY : new StringMatch.Suffix(issuer.substring(1), false),
                StringMatch.exact(subject.get()));
      }
      if (value.endsWith("*")) {
        return subject.isEmpty()
            ? new RequestPrincipal(
                StringMatch.prefix(value.substring(0, value.length() - 1)), NOT_EMPTY)
            : new RequestPrincipal(
                StringMatch.exact(issuer),
                subject.get().equals("*")
                    ? NOT_EMPTY
                    : StringMatch.prefix(subject.get().substring(0, subject.get().length() - 1)));
      }
      return new RequestPrincipal(StringMatch.exact(issuer), StringMatch.exact(subject.orElse("")));
    }
  }
}
