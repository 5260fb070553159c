// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.Secret;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** TLS contexts and secrets. */
public final class TlsCodec {
  private static final String TLS_SOCKET = "envoy.transport_sockets.tls";
  // Where Debian, Alpine and Red Hat keep the system's roots; Envoy wants a path.
  private static final String SYSTEM_ROOTS = "/etc/ssl/certs/ca-certificates.crt";

  private TlsCodec() {}

  static TransportSocket upstream(Optional<UpstreamTls> tls) {
    if (tls.isEmpty()) {
      return TransportSocket.newBuilder()
          .setName("envoy.transport_sockets.raw_buffer")
          .setTypedConfig(Any.pack(RawBuffer.getDefaultInstance()))
          .build();
    }
    return TransportSocket.newBuilder()
        .setName(TLS_SOCKET)
        .setTypedConfig(
            Any.pack(
                UpstreamTlsContext.newBuilder()
                    .setCommonTlsContext(common(tls.get().common()))
                    .setSni(tls.get().sni())
                    .build()))
        .build();
  }

  static Optional<UpstreamTls> upstream(TransportSocket socket) {
    if (Common.typeName(socket.getTypedConfig()).endsWith("RawBuffer")) {
      return Optional.empty();
    }
    UpstreamTlsContext c = Common.unpack(socket.getTypedConfig(), UpstreamTlsContext.class);
    return Optional.of(new UpstreamTls(common(c.getCommonTlsContext()), c.getSni()));
  }

  static TransportSocket downstream(DownstreamTls tls) {
    return TransportSocket.newBuilder()
        .setName(TLS_SOCKET)
        .setTypedConfig(
            Any.pack(
                DownstreamTlsContext.newBuilder()
                    .setCommonTlsContext(common(tls.common()))
                    .setRequireClientCertificate(Common.bool(tls.requireClientCertificate()))
                    .build()))
        .build();
  }

  static DownstreamTls downstream(TransportSocket socket) {
    DownstreamTlsContext c = Common.unpack(socket.getTypedConfig(), DownstreamTlsContext.class);
    return new DownstreamTls(
        common(c.getCommonTlsContext()), c.getRequireClientCertificate().getValue());
  }

  private static CommonTlsContext common(TlsContext context) {
    CommonTlsContext.Builder b = CommonTlsContext.newBuilder().addAllAlpnProtocols(context.alpn());
    b.setTlsParams(
        TlsParameters.newBuilder()
            .setTlsMinimumProtocolVersion(version(context.minimum()))
            .setTlsMaximumProtocolVersion(version(context.maximum()))
            .addAllCipherSuites(context.cipherSuites()));
    context.certificate().ifPresent(c -> certificate(c, b));
    context.validation().ifPresent(v -> validation(v, b));
    return b.build();
  }

  private static void certificate(CertificateRef ref, CommonTlsContext.Builder b) {
    switch (ref) {
      case CertificateRef.Sds sds -> b.addTlsCertificateSdsSecretConfigs(sds(sds.name()));
      case CertificateRef.Files files ->
          b.addTlsCertificates(
              TlsCertificate.newBuilder()
                  .setCertificateChain(file(files.chainPath()))
                  .setPrivateKey(file(files.keyPath())));
    }
  }

  private static SdsSecretConfig sds(String name) {
    return SdsSecretConfig.newBuilder()
        .setName(name)
        .setSdsConfig(isAgents(name) ? Common.sdsAgent() : Common.adsForSecrets())
        .build();
  }

  /**
   * Whether the agent beside the proxy holds this secret, and not the control plane: the workload's
   * own certificate, the mesh's roots, and files of the proxy's machine.
   */
  public static boolean isAgents(String name) {
    return name.equals("default")
        || name.equals("ROOTCA")
        || name.startsWith("file-cert:")
        || name.startsWith("file-root:");
  }

  private static DataSource file(String path) {
    return DataSource.newBuilder().setFilename(path).build();
  }

  private static void validation(PeerValidation validation, CommonTlsContext.Builder b) {
    CertificateValidationContext.Builder v = CertificateValidationContext.newBuilder();
    for (StringMatch name : validation.subjectAltNames()) {
      for (SubjectAltNameMatcher.SanType type : sanTypes(name)) {
        v.addMatchTypedSubjectAltNames(
            SubjectAltNameMatcher.newBuilder().setSanType(type).setMatcher(Matches.string(name)));
      }
    }
    v.addAllVerifyCertificateHash(validation.certificateHashes().stream().sorted().toList());
    v.addAllVerifyCertificateSpki(validation.keyHashes().stream().sorted().toList());
    switch (validation.revocations().orElse(null)) {
      case TrustRef.File f -> v.setCrl(file(f.path()));
      case TrustRef.Inline i -> v.setCrl(DataSource.newBuilder().setInlineString(i.pem()));
      case null, default -> {}
    }
    switch (validation.trust()) {
      case TrustRef.Sds sds ->
          b.setCombinedValidationContext(
              CommonTlsContext.CombinedCertificateValidationContext.newBuilder()
                  .setDefaultValidationContext(v)
                  .setValidationContextSdsSecretConfig(sds(sds.name())));
      case TrustRef.File f -> b.setValidationContext(v.setTrustedCa(file(f.path())));
      case TrustRef.Inline i ->
          b.setValidationContext(v.setTrustedCa(DataSource.newBuilder().setInlineString(i.pem())));
      case TrustRef.System s -> b.setValidationContext(v.setTrustedCa(file(SYSTEM_ROOTS)));
      case TrustRef.AcceptAny a ->
          b.setValidationContext(
              v.setTrustChainVerification(
                  CertificateValidationContext.TrustChainVerification.ACCEPT_UNTRUSTED));
    }
  }

  // The model compares with names of any type, Envoy with one type at a time.
  private static List<SubjectAltNameMatcher.SanType> sanTypes(StringMatch name) {
    boolean uri =
        switch (name) {
          case StringMatch.Exact m -> m.value().contains("://");
          case StringMatch.Prefix m -> m.value().contains("://");
          default -> false;
        };
    return uri
        ? List.of(SubjectAltNameMatcher.SanType.URI)
        : List.of(
            SubjectAltNameMatcher.SanType.DNS,
            SubjectAltNameMatcher.SanType.URI,
            SubjectAltNameMatcher.SanType.IP_ADDRESS,
            SubjectAltNameMatcher.SanType.EMAIL);
  }

  private static TlsContext common(CommonTlsContext c) {
    Optional<CertificateRef> certificate = Optional.empty();
    if (c.getTlsCertificateSdsSecretConfigsCount() > 0) {
      certificate =
          Optional.of(new CertificateRef.Sds(c.getTlsCertificateSdsSecretConfigs(0).getName()));
    } else if (c.getTlsCertificatesCount() > 0) {
      TlsCertificate t = c.getTlsCertificates(0);
      certificate =
          Optional.of(
              new CertificateRef.Files(
                  t.getCertificateChain().getFilename(), t.getPrivateKey().getFilename()));
    }
    TlsParameters p = c.getTlsParams();
    return new TlsContext(
        certificate,
        validation(c),
        c.getAlpnProtocolsList(),
        version(p.getTlsMinimumProtocolVersion(), TlsContext.Version.TLS_1_2),
        version(p.getTlsMaximumProtocolVersion(), TlsContext.Version.TLS_1_3),
        p.getCipherSuitesList());
  }

  private static Optional<PeerValidation> validation(CommonTlsContext c) {
    return switch (c.getValidationContextTypeCase()) {
      case COMBINED_VALIDATION_CONTEXT -> {
        var combined = c.getCombinedValidationContext();
        yield Optional.of(
            validation(
                new TrustRef.Sds(combined.getValidationContextSdsSecretConfig().getName()),
                combined.getDefaultValidationContext()));
      }
      case VALIDATION_CONTEXT_SDS_SECRET_CONFIG ->
          Optional.of(
              new PeerValidation(
                  new TrustRef.Sds(c.getValidationContextSdsSecretConfig().getName()), List.of()));
      case VALIDATION_CONTEXT -> {
        CertificateValidationContext v = c.getValidationContext();
        yield Optional.of(validation(trust(v), v));
      }
      default -> Optional.empty();
    };
  }

  private static PeerValidation validation(TrustRef trust, CertificateValidationContext v) {
    return new PeerValidation(
        trust,
        names(v),
        Set.copyOf(v.getVerifyCertificateHashList()),
        Set.copyOf(v.getVerifyCertificateSpkiList()),
        switch (v.getCrl().getSpecifierCase()) {
          case FILENAME -> Optional.of(new TrustRef.File(v.getCrl().getFilename()));
          case SPECIFIER_NOT_SET -> Optional.empty();
          default -> Optional.of(new TrustRef.Inline(text(v.getCrl())));
        });
  }

  private static TrustRef trust(CertificateValidationContext v) {
    DataSource ca = v.getTrustedCa();
    return switch (ca.getSpecifierCase()) {
      case FILENAME ->
          ca.getFilename().equals(SYSTEM_ROOTS)
              ? new TrustRef.System()
              : new TrustRef.File(ca.getFilename());
      case INLINE_STRING -> new TrustRef.Inline(ca.getInlineString());
      case INLINE_BYTES -> new TrustRef.Inline(ca.getInlineBytes().toStringUtf8());
      default -> new TrustRef.AcceptAny();
    };
  }

  @SuppressWarnings("deprecation")
  private static List<StringMatch> names(CertificateValidationContext v) {
    Set<StringMatch> out = new LinkedHashSet<>();
    v.getMatchTypedSubjectAltNamesList().forEach(m -> out.add(Matches.string(m.getMatcher())));
    v.getMatchSubjectAltNamesList().forEach(m -> out.add(Matches.string(m)));
    return List.copyOf(out);
  }

  private static TlsParameters.TlsProtocol version(TlsContext.Version v) {
    return switch (v) {
      case TLS_1_0 -> TlsParameters.TlsProtocol.TLSv1_0;
      case TLS_1_1 -> TlsParameters.TlsProtocol.TLSv1_1;
      case TLS_1_2 -> TlsParameters.TlsProtocol.TLSv1_2;
      case TLS_1_3 -> TlsParameters.TlsProtocol.TLSv1_3;
    };
  }

  private static TlsContext.Version version(
      TlsParameters.TlsProtocol v, TlsContext.Version otherwise) {
    return switch (v) {
      case TLSv1_0 -> TlsContext.Version.TLS_1_0;
      case TLSv1_1 -> TlsContext.Version.TLS_1_1;
      case TLSv1_2 -> TlsContext.Version.TLS_1_2;
      case TLSv1_3 -> TlsContext.Version.TLS_1_3;
      default -> otherwise;
    };
  }

  /** A secret as SDS delivers it. */
  public static io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret secret(
      Secret secret) {
    var b =
        io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.newBuilder()
            .setName(secret.name());
    return switch (secret) {
      case Secret.KeyPair k ->
          b.setTlsCertificate(
                  TlsCertificate.newBuilder()
                      .setCertificateChain(bytes(k.chainPem()))
                      .setPrivateKey(bytes(k.keyPem())))
              .build();
      case Secret.TrustBundle t -> {
        CertificateValidationContext.Builder v =
            CertificateValidationContext.newBuilder().setTrustedCa(bytes(t.rootsPem()));
        if (!t.revocationsPem().isEmpty()) {
          v.setCrl(bytes(t.revocationsPem()));
        }
        yield b.setValidationContext(v).build();
      }
    };
  }

  /** The reverse. */
  public static Secret secret(io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret s) {
    return switch (s.getTypeCase()) {
      case TLS_CERTIFICATE ->
          new Secret.KeyPair(
              s.getName(),
              text(s.getTlsCertificate().getCertificateChain()),
              text(s.getTlsCertificate().getPrivateKey()));
      case VALIDATION_CONTEXT -> bundle(s.getName(), s.getValidationContext());
      default ->
          throw new InvalidModelException(
              "secret "
                  + s.getName()
                  + " is of kind "
                  + s.getTypeCase()
                  + ", which is not supported; certificates and validation contexts are");
    };
  }

  private static Secret bundle(String name, CertificateValidationContext v) {
    PeerValidation alone = validation(new TrustRef.Sds(name), v);
    if (!alone.subjectAltNames().isEmpty()
        || !alone.certificateHashes().isEmpty()
        || !alone.keyHashes().isEmpty()
        || v.getCrl().hasFilename()) {
      throw new InvalidModelException(
          "secret "
              + name
              + " says more of peers than their roots and what is revoked, which is not supported;"
              + " say it where the secret is used");
    }
    return new Secret.TrustBundle(name, text(v.getTrustedCa()), text(v.getCrl()));
  }

  // Bytes as Istio's agent sends them: istioctl reads no other.
  private static DataSource bytes(String pem) {
    return DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8(pem)).build();
  }

  private static String text(DataSource source) {
    return source.hasInlineBytes()
        ? source.getInlineBytes().toStringUtf8()
        : source.getInlineString();
  }
}
