// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

import io.flotilla.model.Checks;

/** What SDS delivers. {@code toString} never shows key material. */
public sealed interface Secret {
  String name();

  /** A key and its chain, PEM, leaf first. */
  record KeyPair(String name, String chainPem, String keyPem) implements Secret {
    public KeyPair {
      Checks.notEmpty(name, "name of a secret");
      Checks.notEmpty(chainPem, "certificate chain of secret " + name);
      Checks.notEmpty(keyPem, "private key of secret " + name);
    }

    @Override
    public String toString() {
      return "KeyPair[name=" + name + "]";
    }
  }

  /**
   * Trusted roots, PEM.
   *
   * @param revocationsPem lists of what the roots revoked; empty: none
   */
  record TrustBundle(String name, String rootsPem, String revocationsPem) implements Secret {
    /** Without revocations. */
    public TrustBundle(String name, String rootsPem) {
      this(name, rootsPem, "");
    }

    public TrustBundle {
      Checks.notEmpty(name, "name of a secret");
      Checks.notEmpty(rootsPem, "roots of secret " + name);
    }

    @Override
    public String toString() {
      return "TrustBundle[name=" + name + "]";
    }
  }
}
