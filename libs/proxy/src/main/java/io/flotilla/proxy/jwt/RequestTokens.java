// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import io.flotilla.proxy.filter.FilteredRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The places of a request in which tokens may be. */
record RequestTokens(FilteredRequest request) implements TokenCarrier {
  @Override
  public @Nullable String header(String name) {
    return request.header(name);
  }

  @Override
  public @Nullable String parameter(String name) {
    return parameter(request.pathAndQuery(), name);
  }

  /** The first query parameter of that name, both decoded, as the application will read them. */
  static @Nullable String parameter(String pathAndQuery, String name) {
    int start = pathAndQuery.indexOf('?');
    if (start < 0) {
      return null;
    }
    for (String pair : pathAndQuery.substring(start + 1).split("&", -1)) {
      if (name(pair).equals(name)) {
        int equals = pair.indexOf('=');
        return equals < 0 ? "" : decoded(pair.substring(equals + 1));
      }
    }
    return null;
  }

  private static String name(String pair) {
    int equals = pair.indexOf('=');
    return decoded(equals < 0 ? pair : pair.substring(0, equals));
  }

  private static String decoded(String raw) {
    try {
      return URLDecoder.decode(raw, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return raw;
    }
  }

  @Override
  public @Nullable String cookie(String name) {
    String all = request.header("cookie");
    if (all == null) {
      return null;
    }
    for (String pair : all.split("[;,]")) {
      String one = pair.strip();
      int equals = one.indexOf('=');
      if (equals > 0 && one.substring(0, equals).equals(name)) {
        String value = one.substring(equals + 1);
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
      }
    }
    return null;
  }

  /** The target without the query parameters of that name. */
  static String without(String pathAndQuery, String name) {
    int start = pathAndQuery.indexOf('?');
    if (start < 0) {
      return pathAndQuery;
    }
    StringBuilder query = new StringBuilder();
    for (String pair : pathAndQuery.substring(start + 1).split("&", -1)) {
      if (!name(pair).equals(name)) {
        query.append(query.isEmpty() ? '?' : '&').append(pair);
      }
    }
    return pathAndQuery.substring(0, start) + query;
  }
}
