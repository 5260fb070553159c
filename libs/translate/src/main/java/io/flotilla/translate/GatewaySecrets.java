// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.api.Resource;
import io.flotilla.model.tls.Secret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Kubernetes Secrets as what SDS delivers to gateways. */
final class GatewaySecrets {
  private GatewaySecrets() {}

  /** The key pair and the trusted roots that the Secret holds, under Istio's SDS names. */
  static List<Secret> of(String name, Resource<io.flotilla.api.kubernetes.Secret> resource) {
    List<Secret> out = new ArrayList<>();
    Optional<String> chain = text(resource, "tls.crt").or(() -> text(resource, "cert"));
    Optional<String> key = text(resource, "tls.key").or(() -> text(resource, "key"));
    if (chain.isPresent() && key.isPresent()) {
      out.add(new Secret.KeyPair(name, chain.get(), key.get()));
    }
    text(resource, "ca.crt")
        .or(() -> text(resource, "cacert"))
        .ifPresent(roots -> out.add(new Secret.TrustBundle(name + "-cacert", roots)));
    return out;
  }

  private static Optional<String> text(
      Resource<io.flotilla.api.kubernetes.Secret> resource, String field) {
    return resource
        .spec()
        .value(field)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .filter(text -> !text.isBlank());
  }
}
