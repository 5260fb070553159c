// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.match.StringMatch;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TlsContext.Version;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import java.util.List;
import java.util.Optional;

/** TLS between the mesh's proxies, with Istio's parameters. */
public final class MeshTls {
  /** ALPN words by which HTTP through mesh TLS is told from the rest. */
  public static final List<String> HTTP_ALPN =
      List.of("istio-http/1.0", "istio-http/1.1", "istio-h2");

  /** ALPN words of TCP through mesh TLS. */
  public static final List<String> TCP_ALPN = List.of("istio-peer-exchange", "istio");

  /** ALPN words of either. */
  public static final List<String> ALL_ALPN =
      List.of("istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2");

  private static final List<String> CIPHERS =
      List.of(
          "ECDHE-ECDSA-AES256-GCM-SHA384",
          "ECDHE-RSA-AES256-GCM-SHA384",
          "ECDHE-ECDSA-AES128-GCM-SHA256",
          "ECDHE-RSA-AES128-GCM-SHA256",
          "AES256-GCM-SHA384",
          "AES128-GCM-SHA256");

  private MeshTls() {}

  /**
   * The server's side.
   *
   * @param tcp whether bytes are passed on rather than requests
   */
  public static DownstreamTls server(String trustDomain, boolean tcp) {
    return new DownstreamTls(
        new TlsContext(
            Optional.of(CertificateRef.WORKLOAD),
            Optional.of(
                new PeerValidation(
                    TrustRef.MESH, List.of(StringMatch.prefix("spiffe://" + trustDomain + "/")))),
            tcp ? List.of("istio-peer-exchange", "h2", "http/1.1") : List.of("h2", "http/1.1"),
            Version.TLS_1_2,
            Version.TLS_1_3,
            CIPHERS),
        true);
  }

  /**
   * The client's side.
   *
   * @param identities that the server may show; empty: any of the mesh
   */
  public static UpstreamTls client(String sni, List<String> identities, boolean http2) {
    return new UpstreamTls(
        new TlsContext(
            Optional.of(CertificateRef.WORKLOAD),
            Optional.of(
                new PeerValidation(
                    TrustRef.MESH, identities.stream().map(StringMatch::exact).toList())),
            http2
                ? List.of("istio-peer-exchange", "istio", "h2")
                : List.of("istio-peer-exchange", "istio"),
            Version.TLS_1_2,
            Version.TLS_1_3,
            List.of()),
        sni);
  }

  /** The end of tunnels of the mesh. */
  static DownstreamTls tunnelServer(String trustDomain) {
    return new DownstreamTls(tunnel(trustDomain), true);
  }

  /** The beginning of tunnels of the mesh. */
  static UpstreamTls tunnelClient(String trustDomain) {
    return new UpstreamTls(tunnel(trustDomain), "");
  }

  private static TlsContext tunnel(String trustDomain) {
    return new TlsContext(
        Optional.of(CertificateRef.WORKLOAD),
        Optional.of(
            new PeerValidation(
                TrustRef.MESH, List.of(StringMatch.prefix("spiffe://" + trustDomain + "/")))),
        List.of("h2"),
        Version.TLS_1_3,
        Version.TLS_1_3,
        List.of());
  }
}
