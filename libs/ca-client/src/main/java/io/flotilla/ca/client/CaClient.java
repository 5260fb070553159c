// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import io.flotilla.contract.ca.IstioCertificateRequest;
import io.flotilla.contract.ca.IstioCertificateResponse;
import io.flotilla.contract.ca.IstioCertificateServiceGrpc;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.Pem;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustBundle;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * Calls an Istio CA (Citadel, Pilot's relay, istiod) over gRPC and TLS. The first certificate is
 * asked for with a bearer token, which is read again for each call, as Kubernetes renews it in its
 * file; renewals show the current certificate, and fall back to the token where that is refused. A
 * connection lives for one call: there are hours between two.
 */
public final class CaClient implements CertificateSource {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final int LARGEST_ANSWER = 1 << 20;
  private static final int LONGEST_TOKEN = 64 * 1024;

  private final String target;
  private final Supplier<TrustBundle> roots;
  private final Supplier<String> token;
  private final Optional<String> serverName;

  /**
   * @param target "host:port"
   * @param roots what the authority's server certificate must chain to; asked for each call
   * @param token the caller's token; asked for each call; an empty text: none
   * @param serverName the name that the server certificate must carry; empty: the target's host
   */
  public CaClient(
      String target,
      Supplier<TrustBundle> roots,
      Supplier<String> token,
      Optional<String> serverName) {
    this.target = target;
    this.roots = roots;
    this.token = token;
    this.serverName = serverName;
  }

  /** A client whose roots and token are files, which are read for each call. */
  public static CaClient ofFiles(String target, Path rootFile, Path tokenFile) {
    return new CaClient(target, () -> roots(rootFile), () -> token(tokenFile), Optional.empty());
  }

  @Override
  public List<X509Certificate> sign(String csrPem, Duration life, Optional<Svid> current) {
    if (current.isEmpty()) {
      return call(csrPem, life, Optional.empty());
    }
    try {
      return call(csrPem, life, current);
    } catch (CaException byCertificate) {
      if (!byCertificate.refused()) {
        throw byCertificate;
      }
      return call(csrPem, life, Optional.empty());
    }
  }

  private List<X509Certificate> call(String csrPem, Duration life, Optional<Svid> current) {
    ManagedChannel channel = channel(current);
    try {
      Metadata metadata = new Metadata();
      if (current.isEmpty()) {
        String read = token.get();
        if (!read.isEmpty()) {
          metadata.put(AUTHORIZATION, "Bearer " + read);
        }
      }
      IstioCertificateResponse response =
          IstioCertificateServiceGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
              .withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
              .createCertificate(
                  IstioCertificateRequest.newBuilder()
                      .setCsr(csrPem)
                      .setValidityDuration(life.toSeconds())
                      .build());
      return Pem.certificates(
          String.join("\n", response.getCertChainList()), "answer of the CA at " + target);
    } catch (StatusRuntimeException e) {
      throw translate(e);
    } catch (InvalidIdentityException e) {
      throw CaException.failed(String.valueOf(e.getMessage()), e);
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel channel(Optional<Svid> current) {
    try {
      SslContextBuilder tls =
          SslContextBuilder.forClient()
              .trustManager(roots.get().roots().toArray(new X509Certificate[0]));
      current.ifPresent(svid -> tls.keyManager(new RotatingKeys(() -> svid)));
      NettyChannelBuilder builder =
          NettyChannelBuilder.forTarget(target)
              .maxInboundMessageSize(LARGEST_ANSWER)
              .sslContext(GrpcSslContexts.configure(tls, SslProvider.JDK).build());
      serverName.ifPresent(builder::overrideAuthority);
      return builder.build();
    } catch (SSLException | InvalidIdentityException e) {
      throw CaException.failed(
          "TLS to the CA at " + target + " cannot be set up: " + e.getMessage(), e);
    }
  }

  private CaException translate(StatusRuntimeException e) {
    Status status = e.getStatus();
    String why = status.getDescription() == null ? rootMessage(e) : status.getDescription();
    return switch (status.getCode()) {
      case UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT, FAILED_PRECONDITION ->
          CaException.refused("The CA at " + target + " refused: " + why, e);
      case DEADLINE_EXCEEDED ->
          CaException.failed(
              "The CA at " + target + " did not answer within " + DEADLINE.toSeconds() + " s", e);
      case UNAVAILABLE -> CaException.failed(unreachable(e), e);
      default ->
          CaException.failed(
              "The CA at " + target + " failed: " + status.getCode() + ": " + why, e);
    };
  }

  private String unreachable(StatusRuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof CertPathValidatorException) {
        return "The CA at "
            + target
            + " shows a certificate that the trusted roots do not vouch for ("
            + rootMessage(e)
            + "): give this workload the mesh's root";
      }
    }
    boolean reached = e.getCause() == null && e.getStatus().getDescription() != null;
    return reached
        ? "The CA at " + target + " cannot answer now: " + e.getStatus().getDescription()
        : "The CA at " + target + " cannot be reached: " + rootMessage(e);
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  private static TrustBundle roots(Path file) {
    try {
      if (Files.size(file) > Pem.LONGEST) {
        throw CaException.failed("The root file " + file + " is too large", new IOException());
      }
      return TrustBundle.parse(Files.readString(file, StandardCharsets.UTF_8), "root file " + file);
    } catch (IOException e) {
      throw CaException.failed(
          "The root file " + file + " cannot be read: mount or write it there", e);
    }
  }

  private static String token(Path file) {
    try {
      if (Files.size(file) > LONGEST_TOKEN) {
        throw CaException.failed("The token file " + file + " is too large", new IOException());
      }
      return Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw CaException.failed(
          "The token file " + file + " cannot be read: mount or write it there", e);
    }
  }
}
