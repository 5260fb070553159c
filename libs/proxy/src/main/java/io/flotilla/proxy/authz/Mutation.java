// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import io.flotilla.model.route.HeaderEdits.Mode;
import io.flotilla.proxy.wire.HeaderText;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;

/**
 * A header that a service wants written.
 *
 * @param name lower case
 */
record Mutation(String name, String value, Mode mode) {
  Mutation {
    name = name.toLowerCase(Locale.ROOT);
  }

  /** Whether it can be sent at all; what cannot might end a head, and begin another. */
  boolean isValid() {
    return HeaderText.isName(name.startsWith(":") ? name.substring(1) : name)
        && HeaderText.isValue(value);
  }

  /** Writes it into the head of an answer. */
  void apply(HttpHeaders headers) {
    if (name.startsWith(":") || HeaderText.isFraming(name) || !isValid()) {
      return;
    }
    switch (mode) {
      case APPEND -> headers.add(name, value);
      case ADD_IF_ABSENT -> {
        if (!headers.contains(name)) {
          headers.set(name, value);
        }
      }
      case OVERWRITE -> headers.set(name, value);
      case OVERWRITE_IF_PRESENT -> {
        if (headers.contains(name)) {
          headers.set(name, value);
        }
      }
    }
  }

  /**
   * Writes a refusal's headers into its head: all values of a name stand, as cookies need, and
   * nothing is appended to what is not there.
   */
  static void replace(HttpHeaders headers, List<Mutation> all) {
    for (Mutation each : all) {
      if (each.mode() == Mode.OVERWRITE && !HeaderText.isFraming(each.name())) {
        headers.remove(each.name());
      }
    }
    for (Mutation each : all) {
      if (each.mode() == Mode.OVERWRITE) {
        new Mutation(each.name(), each.value(), Mode.APPEND).apply(headers);
      } else if (headers.contains(each.name())) {
        each.apply(headers);
      }
    }
  }
}
