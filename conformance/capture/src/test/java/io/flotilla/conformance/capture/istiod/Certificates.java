// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture.istiod;

import io.flotilla.conformance.capture.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A certificate authority of openssl, and a folder of what it signed: "name.crt" and "name.key".
 */
record Certificates(Path folder) {
  static Certificates in(Path folder) throws IOException, InterruptedException {
    Certificates made = new Certificates(folder);
    made.openssl("ca", "/O=the scenarios", "basicConstraints=critical,CA:TRUE");
    return made;
  }

  /**
   * Signs a certificate, if there is none of that name.
   *
   * @param san such as "URI:spiffe://cluster.local/ns/default/sa/x" or "DNS:a.example.com"
   */
  void sign(String name, String san) throws IOException, InterruptedException {
    if (!Files.exists(folder.resolve(name + ".crt"))) {
      openssl(name, "/O=a workload", "subjectAltName=" + san, "-CA", "ca.crt", "-CAkey", "ca.key");
    }
  }

  private void openssl(String name, String subject, String extension, String... issuer)
      throws IOException, InterruptedException {
    String[] common = {
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      folder.resolve(name + ".key").toString(),
      "-out",
      folder.resolve(name + ".crt").toString(),
      "-subj",
      subject,
      "-addext",
      extension
    };
    String[] all = java.util.Arrays.copyOf(common, common.length + issuer.length);
    for (int i = 0; i < issuer.length; i++) {
      all[common.length + i] =
          issuer[i].startsWith("-") ? issuer[i] : folder.resolve(issuer[i]).toString();
    }
    Namespace.must(all);
  }
}
