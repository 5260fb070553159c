// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.attest.Attested;
import io.flotilla.citadel.attest.Caller;
import io.flotilla.shell.EventOutbox;
import io.flotilla.shell.MeshEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Facts on the channel {@code certificate-events}: {@code io.flotilla.certificate.issued}, {@code
 * .renewed}, {@code .refused}, {@code .expiring}. Nobody's work waits for them: an event that no
 * consumer takes is dropped.
 */
@ApplicationScoped
public class CertificateEvents {
  private static final String TYPE = "io.flotilla.certificate.";
  private static final String SOURCE = "/citadel";

  private final EventOutbox outbox;

  public CertificateEvents(CertificateChannel channel) {
    this.outbox = new EventOutbox("certificate-events", channel::send);
  }

  void issued(IssuedLog.Issue issue) {
    boolean first = issue.proof() == Attested.Proof.TOKEN;
    send(first ? "issued" : "renewed", issue.identity(), issueAsData(issue));
  }

  void refused(Optional<Attested> attested, Caller caller, Refusal refusal) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("kind", refusal.kind().name());
    data.put("reason", refusal.sentence());
    data.put("remote", caller.remote());
    send("refused", attested.map(each -> each.id().uri()).orElse("unknown"), data);
  }

  void expiring(String what, Instant expiry) {
    send("expiring", what, Map.of("expiry", expiry.toString()));
  }

  private static Map<String, Object> issueAsData(IssuedLog.Issue issue) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("identity", issue.identity());
    data.put("serial", issue.serial());
    data.put("expiry", issue.expiry().toString());
    data.put("proof", issue.proof().name());
    return data;
  }

  private void send(String kind, String subject, Map<String, Object> data) {
    outbox.offer(MeshEvent.of(TYPE + kind, SOURCE, subject, data));
  }

  @PreDestroy
  void close() {
    outbox.close();
  }
}
