// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

import io.flotilla.identity.KeyMaterial;
import java.util.Base64;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A request that asks for no name at all, as some clients send it. */
final class CsrWithoutNames {
  private CsrWithoutNames() {}

  static String build(KeyMaterial key) throws Exception {
    byte[] der =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("O=any"), key.publicKey())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.privateKey()))
            .getEncoded();
    return "-----BEGIN CERTIFICATE REQUEST-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END CERTIFICATE REQUEST-----\n";
  }
}
