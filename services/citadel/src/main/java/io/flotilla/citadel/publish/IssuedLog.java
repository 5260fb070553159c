// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.flotilla.citadel.attest.Attested;
import io.flotilla.identity.SpiffeId;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** The certificates that were issued last, newest first: who, which, until when; never a key. */
public final class IssuedLog {
  private final int size;
  private final Deque<Issue> issues = new ArrayDeque<>();

  /**
   * One certificate.
   *
   * @param serial hexadecimal
   * @param proof how the caller proved its identity: TOKEN at first, CERTIFICATE or RELAY on
   *     renewal
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Issue(
      String identity, String serial, Instant issued, Instant expiry, Attested.Proof proof) {}

  /**
   * @param size how many are remembered
   */
  public IssuedLog(int size) {
    this.size = size;
  }

  /** Remembers a certificate, and forgets the oldest if there are too many. */
  public synchronized Issue add(Attested caller, X509Certificate leaf, Instant now) {
    Issue issue =
        new Issue(
            caller.id().uri(),
            leaf.getSerialNumber().toString(16),
            now,
            leaf.getNotAfter().toInstant(),
            caller.proof());
    issues.addFirst(issue);
    while (issues.size() > size) {
      issues.removeLast();
    }
    return issue;
  }

  /**
   * The newest issues.
   *
   * @param identity of this one only; empty: of all
   */
  public synchronized List<Issue> newest(Optional<SpiffeId> identity, int limit) {
    return issues.stream()
        .filter(each -> identity.isEmpty() || each.identity().equals(identity.get().uri()))
        .limit(limit)
        .toList();
  }
}
