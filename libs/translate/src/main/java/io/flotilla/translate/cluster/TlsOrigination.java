// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.cluster;

import java.util.List;

/**
 * TLS that a DestinationRule asks for. Empty texts: not told.
 *
 * @param insecure the server's certificate is not verified
 */
public record TlsOrigination(
    Mode mode,
    String sni,
    List<String> subjectAltNames,
    String certificatePath,
    String keyPath,
    String caPath,
    String crlPath,
    String credentialName,
    boolean insecure) {
  public TlsOrigination {
    subjectAltNames = List.copyOf(subjectAltNames);
  }

  /** Which certificates both sides show. */
  public enum Mode {
    DISABLE,
    SIMPLE,
    MUTUAL,
    ISTIO_MUTUAL
  }
}
