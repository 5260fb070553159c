// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;

/** Certificates that live for seconds are renewed while requests flow, and nobody notices. */
class RotationIT {
  private static final int TTL_SECONDS = 20;

  @Test
  void renewsCertificatesBeforeTheyExpireWithoutADroppedRequest() throws Exception {
    try (RunningMesh mesh = RunningMesh.start("--certificate-ttl", String.valueOf(TTL_SECONDS))) {
      Set<String> serials = new HashSet<>();
      Traffic.anonymous(mesh).warmUp();
      try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.PAGE, 15)) {
        Eventually.within(
            Duration.ofSeconds(5 * TTL_SECONDS),
            () -> {
              X509Certificate certificate = certificate(mesh.proxyAddress(2), 9080);
              certificate.checkValidity();
              serials.add(certificate.getSerialNumber().toString(16));
              assertThat(serials).as("certificates that details' sidecar showed").hasSize(4);
            });
        assertThat(flow.stop())
            .hasSizeGreaterThan(TTL_SECONDS * 15)
            .allSatisfy(
                reply -> {
                  assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                  assertThat(reply.body()).doesNotContain("unavailable");
                });
      }
    }
  }

  /** What a sidecar shows to whoever connects, trusted or not. */
  private static X509Certificate certificate(String host, int port) throws Exception {
    X509Certificate[][] shown = new X509Certificate[1][];
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        null,
        new TrustManager[] {
          new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {
              shown[0] = chain;
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
              return new X509Certificate[0];
            }
          }
        },
        null);
    try (Socket plain = new Socket(host, port);
        SSLSocket socket =
            (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
      var parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"istio"});
      socket.setSSLParameters(parameters);
      socket.setSoTimeout(5000);
      try {
        socket.startHandshake();
        // With TLS 1.3 the refusal of a client without a certificate comes after the handshake.
        socket.getInputStream().read();
      } catch (java.io.IOException refused) {
        if (shown[0] == null) {
          throw refused;
        }
      }
    }
    return (X509Certificate)
        java.security.cert.CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(shown[0][0].getEncoded()));
  }
}
