// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import io.flotilla.identity.Pem;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustBundle;
import io.flotilla.model.tls.Secret;
import java.util.List;

/** An identity that is held: the certificate with its key, and whom to trust. */
public record HeldIdentity(Svid svid, TrustBundle trust) {
  /** Istio's name of the secret that holds the workload's own certificate. */
  public static final String CERTIFICATE = "default";

  /** Istio's name of the secret that holds the mesh's roots. */
  public static final String ROOTS = "ROOTCA";

  /** Both as the secrets "default" and "ROOTCA". */
  public List<Secret> secrets() {
    return List.of(
        new Secret.KeyPair(CERTIFICATE, Pem.encode(svid.presented()), svid.keyPem()),
        new Secret.TrustBundle(ROOTS, trust.pem()));
  }
}
