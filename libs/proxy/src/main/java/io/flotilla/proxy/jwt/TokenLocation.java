// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import io.flotilla.model.policy.JwtProvider;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a token may be. */
sealed interface TokenLocation {

  /** In a header, after a prefix. */
  record Header(String name, String prefix) implements TokenLocation {}

  /** In a query parameter. */
  record Parameter(String name) implements TokenLocation {}

  /** In a cookie. */
  record Cookie(String name) implements TokenLocation {}

  /** Those of a provider, which are Envoy's usual ones where it names none. */
  static List<TokenLocation> of(JwtProvider provider) {
    List<TokenLocation> out = new ArrayList<>();
    provider
        .fromHeaders()
        .forEach(h -> out.add(new Header(h.name().toLowerCase(java.util.Locale.ROOT), h.prefix())));
    provider.fromParams().forEach(p -> out.add(new Parameter(p)));
    provider.fromCookies().forEach(c -> out.add(new Cookie(c)));
    if (out.isEmpty()) {
      out.add(new Header("authorization", "Bearer "));
      out.add(new Parameter("access_token"));
    }
    return List.copyOf(out);
  }

  /** The token that is there; null: none is. */
  default @Nullable String find(TokenCarrier request) {
    return switch (this) {
      case Header h -> {
        String value = request.header(h.name());
        if (value == null) {
          yield null;
        }
        // All that follows: of a repeated header nobody knows which the application would take.
        int at = value.indexOf(h.prefix());
        yield at < 0 ? null : value.substring(at + h.prefix().length()).strip();
      }
      case Parameter p -> request.parameter(p.name());
      case Cookie c -> request.cookie(c.name());
    };
  }
}
