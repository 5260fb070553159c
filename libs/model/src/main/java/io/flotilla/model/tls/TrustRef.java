// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

import io.flotilla.model.Checks;

/** Where trusted roots come from. */
public sealed interface TrustRef {

  /** Istio's name for the mesh's roots. */
  TrustRef MESH = new Sds("ROOTCA");

  /** SDS, under this name. */
  record Sds(String name) implements TrustRef {
    public Sds {
      Checks.notEmpty(name, "SDS name of a trust bundle");
    }
  }

  /** A PEM file. */
  record File(String path) implements TrustRef {}

  /** PEM text carried in the configuration itself. */
  record Inline(String pem) implements TrustRef {}

  /** What the operating system trusts. */
  record System() implements TrustRef {}

  /** No verification (DestinationRule's insecureSkipVerify). */
  record AcceptAny() implements TrustRef {}
}
