// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.GeneralName;

/** The subject alternative names of requests and certificates. */
final class SubjectNames {
  private SubjectNames() {}

  static List<GeneralName> of(SpiffeId id, List<String> hosts) {
    List<GeneralName> names = new ArrayList<>();
    names.add(new GeneralName(GeneralName.uniformResourceIdentifier, id.uri()));
    for (String host : hosts) {
      names.add(host(host));
    }
    return names;
  }

  private static GeneralName host(String host) {
    if (host.matches("[0-9.]+") || host.indexOf(':') >= 0) {
      try {
        return new GeneralName(
            GeneralName.iPAddress, new DEROctetString(InetAddress.ofLiteral(host).getAddress()));
      } catch (IllegalArgumentException e) {
        throw new InvalidIdentityException("'" + Excerpt.of(host) + "' is not an IP address", e);
      }
    }
    if (host.length() > 253 || !host.matches("(\\*\\.)?[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*")) {
      throw new InvalidIdentityException("'" + Excerpt.of(host) + "' is not a DNS name");
    }
    return new GeneralName(GeneralName.dNSName, host);
  }
}
