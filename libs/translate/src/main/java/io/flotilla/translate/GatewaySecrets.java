// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.api.Resource;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.Secret;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Kubernetes Secrets as what SDS delivers to gateways. */
final class GatewaySecrets {
  /** How the SDS names of Kubernetes Secrets begin. */
  static final String KIND = "kubernetes://";

  private static final String ROOTS = "-cacert";

  private GatewaySecrets() {}

  /**
   * The Secrets whose keys or roots the clusters name, without what says of which kind they are.
   */
  static Set<String> credentials(Collection<Cluster> clusters) {
    Set<String> names = new LinkedHashSet<>();
    for (Cluster cluster : clusters) {
      for (TransportMatch transport : cluster.transports()) {
        Optional<TlsContext> tls = transport.tls().map(UpstreamTls::common);
        if (tls.flatMap(TlsContext::certificate).orElse(null) instanceof CertificateRef.Sds key) {
          add(key.name(), names);
        }
        if (tls.flatMap(TlsContext::validation).map(PeerValidation::trust).orElse(null)
            instanceof TrustRef.Sds roots) {
          add(roots.name(), names);
        }
      }
    }
    return names;
  }

  private static void add(String sds, Set<String> names) {
    if (sds.startsWith(KIND)) {
      String name = sds.substring(KIND.length());
      names.add(name.endsWith(ROOTS) ? name.substring(0, name.length() - ROOTS.length()) : name);
    }
  }

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
        .ifPresent(
            roots ->
                out.add(
                    new Secret.TrustBundle(
                        name + ROOTS,
                        roots,
                        text(resource, "ca.crl").or(() -> text(resource, "crl")).orElse(""))));
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
