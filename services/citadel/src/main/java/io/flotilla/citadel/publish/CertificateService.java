// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.Refusal.Kind;
import io.flotilla.citadel.attest.Attestation;
import io.flotilla.citadel.attest.Attested;
import io.flotilla.citadel.attest.Caller;
import io.flotilla.citadel.policy.Grant;
import io.flotilla.citadel.policy.IssuancePolicy;
import io.flotilla.citadel.policy.RateLimit;
import io.flotilla.contract.ca.IstioCertificateRequest;
import io.flotilla.contract.ca.IstioCertificateResponse;
import io.flotilla.contract.ca.IstioCertificateServiceGrpc;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.Pem;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * {@code istio.v1.auth.IstioCertificateService}: attest, policy, sign. A refusal reaches the caller
 * as a gRPC status with a sentence: UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT or
 * RESOURCE_EXHAUSTED.
 */
public final class CertificateService
    extends IstioCertificateServiceGrpc.IstioCertificateServiceImplBase {
  private static final Logger LOG = Logger.getLogger(CertificateService.class);

  private final Attestation attestation;
  private final IssuancePolicy policy;
  private final RateLimit limit;
  private final CertificateAuthority authority;
  private final Journal journal;
  private final Clock clock;

  /** Where it is written down what was issued and refused. */
  public record Journal(IssuedLog issued, CertificateEvents events, CitadelMetrics metrics) {}

  public CertificateService(
      Attestation attestation,
      IssuancePolicy policy,
      RateLimit limit,
      CertificateAuthority authority,
      Journal journal,
      Clock clock) {
    this.attestation = attestation;
    this.policy = policy;
    this.limit = limit;
    this.authority = authority;
    this.journal = journal;
    this.clock = clock;
  }

  @Override
  public void createCertificate(
      IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> answer) {
    Caller caller = CallerInterceptor.CALLER.get();
    Attested[] known = new Attested[1];
    journal.metrics().requested();
    try {
      limit.admit();
      Attested attested = attestation.attest(caller);
      known[0] = attested;
      limit.admit(attested.id());
      List<X509Certificate> chain = issue(attested, request);
      answer.onNext(
          IstioCertificateResponse.newBuilder()
              .addAllCertChain(chain.stream().map(Pem::encode).toList())
              .build());
      answer.onCompleted();
    } catch (Refusal refusal) {
      refuse(refusal, Optional.ofNullable(known[0]), caller, answer);
    } catch (RuntimeException e) {
      LOG.errorf(e, "the request of %s failed", caller);
      answer.onError(
          Status.INTERNAL.withDescription("Citadel failed; its log says why").asRuntimeException());
    }
  }

  private List<X509Certificate> issue(Attested caller, IstioCertificateRequest request) {
    CertificateSigningRequest wish = read(request.getCsr());
    Grant grant = policy.grant(caller, wish, request.getValidityDuration());
    List<X509Certificate> chain = sign(wish, grant);
    IssuedLog.Issue issue = journal.issued().add(caller, chain.getFirst(), clock.instant());
    journal.metrics().issued();
    journal.events().issued(issue);
    LOG.infof(
        "issued identity=%s serial=%s expiry=%s proof=%s",
        issue.identity(), issue.serial(), issue.expiry(), issue.proof());
    return chain;
  }

  private CertificateSigningRequest read(String csr) {
    try {
      return CertificateSigningRequest.parse(csr);
    } catch (InvalidIdentityException e) {
      journal.metrics().unreadable();
      throw new Refusal(Kind.INVALID_REQUEST, String.valueOf(e.getMessage()));
    }
  }

  private List<X509Certificate> sign(CertificateSigningRequest wish, Grant grant) {
    try {
      return authority.sign(wish.publicKey(), grant.id(), grant.hosts(), grant.life());
    } catch (InvalidIdentityException | IllegalStateException e) {
      journal.metrics().unsigned();
      throw new Refusal(Kind.UNAVAILABLE, String.valueOf(e.getMessage()));
    }
  }

  private void refuse(
      Refusal refusal,
      Optional<Attested> attested,
      Caller caller,
      StreamObserver<IstioCertificateResponse> answer) {
    journal.metrics().refused(refusal.kind());
    journal.events().refused(attested, caller, refusal);
    LOG.infof(
        "refused kind=%s identity=%s remote=%s reason=%s",
        refusal.kind(),
        attested.map(each -> each.id().uri()).orElse("unknown"),
        caller.remote(),
        refusal.sentence());
    answer.onError(status(refusal.kind()).withDescription(refusal.sentence()).asRuntimeException());
  }

  private static Status status(Kind kind) {
    return switch (kind) {
      case UNAUTHENTICATED -> Status.UNAUTHENTICATED;
      case PERMISSION_DENIED -> Status.PERMISSION_DENIED;
      case INVALID_REQUEST -> Status.INVALID_ARGUMENT;
      case RATE_LIMITED -> Status.RESOURCE_EXHAUSTED;
      case UNAVAILABLE -> Status.UNAVAILABLE;
    };
  }
}
