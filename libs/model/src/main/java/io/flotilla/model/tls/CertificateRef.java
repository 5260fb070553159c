// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

import io.flotilla.model.Checks;

/** Where a key and its chain come from. */
public sealed interface CertificateRef {

  /** Istio's name for the workload's own certificate. */
  CertificateRef WORKLOAD = new Sds("default");

  /** SDS, under this name ("default": the workload's own; "kubernetes://...": a gateway's). */
  record Sds(String name) implements CertificateRef {
    public Sds {
      Checks.notEmpty(name, "SDS name of a certificate");
    }
  }

  /** PEM files. */
  record Files(String chainPath, String keyPath) implements CertificateRef {}
}
