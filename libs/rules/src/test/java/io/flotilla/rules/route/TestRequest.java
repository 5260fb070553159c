// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.rules.RequestView;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

record TestRequest(
    String method, String authority, String pathAndQuery, Map<String, String> headers)
    implements RequestView {
  static TestRequest get(String authority, String path) {
    return new TestRequest("GET", authority, path, Map.of());
  }

  TestRequest with(String name, String value) {
    Map<String, String> all = new HashMap<>(headers);
    all.put(name, value);
    return new TestRequest(method, authority, pathAndQuery, all);
  }

  TestRequest method(String other) {
    return new TestRequest(other, authority, pathAndQuery, headers);
  }

  @Override
  public String scheme() {
    return "http";
  }

  @Override
  public @Nullable String header(String name) {
    return headers.get(name);
  }
}
