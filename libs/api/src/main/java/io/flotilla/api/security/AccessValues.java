// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.security;

import static io.flotilla.api.InvalidValueException.require;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The values that access rules may hold, as upstream's webhook checks them. */
final class AccessValues {
  private static final Pattern FOUR = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern SIX = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9*]([-a-zA-Z0-9.*]*[a-zA-Z0-9*])?");
  private static final Pattern SEGMENT = Pattern.compile("\\{\\*\\*?}");
  private static final Set<String> PLAIN_KEYS =
      Set.of(
          "source.ip",
          "remote.ip",
          "source.namespace",
          "source.principal",
          "source.trustDomain",
          "request.auth.principal",
          "request.auth.audiences",
          "request.auth.presenter",
          "destination.ip",
          "destination.port",
          "connection.sni");
  private static final Pattern IN_BRACKETS = Pattern.compile("\\[[^\\[\\]]+]");
  private static final Pattern NESTED = Pattern.compile("(\\[[^\\[\\]]+])+");

  private AccessValues() {}

  static void notEmpty(String field, List<String> values) {
    for (String value : values) {
      require(!value.isEmpty(), field, "a value must not be empty; use '*' to mean any");
    }
  }

  static void addresses(String field, List<String> values) {
    for (String value : values) {
      require(
          isAddress(value),
          field,
          "'" + value + "' is not an IP address or range, as 10.1.2.3 or 10.0.0.0/8");
    }
  }

  private static boolean isAddress(String value) {
    int slash = value.indexOf('/');
    String address = slash < 0 ? value : value.substring(0, slash);
    boolean six = SIX.matcher(address).matches();
    if (!six
        && !(FOUR.matcher(address).matches()
            && Pattern.compile("\\.")
                .splitAsStream(address)
                .allMatch(part -> Integer.parseInt(part) <= 255))) {
      return false;
    }
    if (slash < 0) {
      return true;
    }
    String bits = value.substring(slash + 1);
    return bits.matches("\\d{1,3}") && Integer.parseInt(bits) <= (six ? 128 : 32);
  }

  static void ports(String field, List<String> values) {
    for (String value : values) {
      require(
          value.matches("\\d{1,5}")
              && Integer.parseInt(value) >= 1
              && Integer.parseInt(value) <= 65_535,
          field,
          "'" + value + "' is not a port from 1 to 65535");
    }
  }

  static void accounts(String field, List<String> values) {
    for (String value : values) {
      int slash = value.indexOf('/');
      boolean good =
          slash < 0
              ? NAME.matcher(value).matches()
              : NAME.matcher(value.substring(0, slash)).matches()
                  && NAME.matcher(value.substring(slash + 1)).matches();
      require(
          good && value.indexOf('*') < 0,
          field,
          "'" + value + "' is not a service account, as default/reviews or reviews");
    }
  }

  static void paths(String field, List<String> values) {
    notEmpty(field, values);
    for (String value : values) {
      if (value.indexOf('{') < 0 && value.indexOf('}') < 0) {
        continue;
      }
      boolean ended = false;
      for (String segment : value.split("/", -1)) {
        boolean template = segment.indexOf('{') >= 0 || segment.indexOf('}') >= 0;
        require(
            !ended || !template,
            field,
            "'" + value + "' has a template segment after '{**}', which takes all that follows");
        require(
            (!template && segment.indexOf('*') < 0) || SEGMENT.matcher(segment).matches(),
            field,
            "the segment '"
                + segment
                + "' of '"
                + value
                + "' must be text, '{*}' or '{**}', and no other wildcard may stand beside them");
        ended |= segment.equals("{**}");
      }
    }
  }

  static void condition(String key, List<String> values) {
    require(isKey(key), "key", "'" + key + "' is not an attribute of conditions");
    switch (key) {
      case "source.ip", "remote.ip", "destination.ip" -> addresses("values", values);
      case "destination.port" -> ports("values", values);
      default -> notEmpty("values", values);
    }
  }

  private static boolean isKey(String key) {
    if (PLAIN_KEYS.contains(key)) {
      return true;
    }
    if (key.startsWith("request.headers")) {
      return IN_BRACKETS.matcher(key.substring("request.headers".length())).matches();
    }
    if (key.startsWith("request.auth.claims")) {
      return NESTED.matcher(key.substring("request.auth.claims".length())).matches();
    }
    if (key.startsWith("experimental.envoy.filters.")) {
      int bracket = key.indexOf('[');
      return bracket > 0 && IN_BRACKETS.matcher(key.substring(bracket)).matches();
    }
    return false;
  }
}
