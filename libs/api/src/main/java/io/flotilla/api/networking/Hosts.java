// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import java.util.List;
import java.util.regex.Pattern;

/** What may stand as a host: a DNS name, "*" or "*.name", an address. */
final class Hosts {
  private static final Pattern NAME =
      Pattern.compile(
          "(\\*|(\\*\\.)?[A-Za-z0-9]([-_A-Za-z0-9]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([-_A-Za-z0-9]*[A-Za-z0-9])?)*\\.?|\\*-?[-A-Za-z0-9.]+)");
  private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f:.]+(/\\d{1,3})?");
  private static final int LONGEST = 255;

  private Hosts() {}

  static void check(String field, List<String> hosts) {
    for (String host : hosts) {
      check(field, host);
    }
  }

  static void check(String field, String host) {
    require(
        host.length() <= LONGEST
            && (NAME.matcher(host).matches() || ADDRESS.matcher(host).matches()),
        field,
        "'" + host + "' is not a host: write a DNS name, '*', '*.name' or an address");
  }
}
