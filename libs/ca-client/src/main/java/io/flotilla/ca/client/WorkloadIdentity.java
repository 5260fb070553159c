// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import io.flotilla.ca.client.IdentityState.Expired;
import io.flotilla.ca.client.IdentityState.Held;
import io.flotilla.ca.client.IdentityState.Waiting;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.KeyMaterial;
import io.flotilla.identity.RotationSchedule;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustBundle;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One workload's identity, kept valid: a new key and certificate at first, and again each time the
 * {@link RotationSchedule} says so. While the authority is away it asks again with a growing,
 * jittered pause, and what is held stays in use until it expires. The key never leaves the process.
 *
 * <p>Listeners are called on the identity's own thread, one after the other, in the order of the
 * certificates; they must not block.
 */
public final class WorkloadIdentity implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(WorkloadIdentity.class.getName());
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
  // A laptop that slept or a clock that was set must not make it miss a renewal for long.
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(30);

  private final Request request;
  private final CertificateSource source;
  private final Supplier<TrustBundle> configuredRoots;
  private final RotationSchedule schedule;
  private final Clock clock;
  private final RandomGenerator random;
  private final List<Consumer<HeldIdentity>> listeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private volatile IdentityState state = new Waiting(Optional.empty());
  private Instant due = Instant.MIN;
  private int failures;
  private boolean closed;
  private @Nullable Thread thread;

  /**
   * What is asked for.
   *
   * @param hosts DNS names and addresses beside the id, which only servers of the control plane get
   * @param life of the certificate; the authority may give less
   */
  public record Request(SpiffeId id, List<String> hosts, Duration life) {
    public Request {
      hosts = List.copyOf(hosts);
    }

    /** A workload's usual request. */
    public static Request of(SpiffeId id, Duration life) {
      return new Request(id, List.of(), life);
    }
  }

  /**
   * @param configuredRoots the roots that are trusted beside the one that the authority answers
   *     with
   */
  public WorkloadIdentity(
      Request request,
      CertificateSource source,
      Supplier<TrustBundle> configuredRoots,
      RotationSchedule schedule,
      Clock clock) {
    this.request = request;
    this.source = source;
    this.configuredRoots = configuredRoots;
    this.schedule = schedule;
    this.clock = clock;
    this.random = schedule.random();
  }

  /** Begins to get the certificate, on a thread of its own. Called once. */
  public void start() {
    thread = Thread.ofVirtual().name("identity " + request.id()).start(this::run);
  }

  /**
   * Calls {@code listener} with the identity that is held, if one is, and with each later one.
   *
   * @return ends that
   */
  public AutoCloseable listen(Consumer<HeldIdentity> listener) {
    lock.lock();
    try {
      listeners.add(listener);
      if (state instanceof Held held) {
        listener.accept(held.identity());
      }
    } finally {
      lock.unlock();
    }
    return () -> listeners.remove(listener);
  }

  /** How it stands now; {@link Expired} as soon as the clock says so. */
  public IdentityState state() {
    IdentityState now = state;
    return now instanceof Held held && !clock.instant().isBefore(held.expiry())
        ? new Expired(held.expiry(), held.lastError())
        : now;
  }

  /** What is held, if it is valid. */
  public Optional<HeldIdentity> held() {
    return state() instanceof Held held ? Optional.of(held.identity()) : Optional.empty();
  }

  /**
   * Waits for the first certificate.
   *
   * @return whether one is held within {@code atMost}
   */
  public boolean await(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (!(state instanceof Held)) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Renews as soon as possible, whatever the schedule says. */
  public void renewNow() {
    lock.lock();
    try {
      due = Instant.MIN;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (thread != null) {
      thread.interrupt();
    }
  }

  private void run() {
    try {
      while (!isClosed()) {
        step();
        sleep();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private void sleep() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      Instant now = clock.instant();
      if (!closed && due.isAfter(now)) {
        Duration pause = Duration.between(now, due);
        pause = pause.compareTo(LONGEST_SLEEP) < 0 ? pause : LONGEST_SLEEP;
        long ignored =
            changed.awaitNanos(Math.max(pause.toNanos(), TimeUnit.MILLISECONDS.toNanos(1)));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Does what is due now, if anything is.
   *
   * @return when the next step is due
   */
  Instant step() {
    Instant now = clock.instant();
    lock.lock();
    try {
      if (now.isBefore(due)) {
        return due;
      }
      due = Instant.MAX;
    } finally {
      lock.unlock();
    }
    Attempt attempt = attempt();
    lock.lock();
    try {
      settle(attempt);
      return due;
    } finally {
      lock.unlock();
    }
  }

  private sealed interface Attempt {
    record Got(HeldIdentity identity) implements Attempt {}

    record Missed(String why) implements Attempt {}
  }

  private Attempt attempt() {
    try {
      KeyMaterial key = KeyMaterial.p256();
      String csr = CertificateSigningRequest.build(key, request.id(), request.hosts());
      List<X509Certificate> chain =
          source.sign(csr, request.life(), held().map(HeldIdentity::svid));
      return new Attempt.Got(check(chain, key));
    } catch (CaException | InvalidIdentityException e) {
      return new Attempt.Missed(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "unexpected failure", e);
      return new Attempt.Missed("The certificate of " + request.id() + " cannot be had: " + e);
    }
  }

  /** Takes what the authority answered only if it is what was asked for. */
  private HeldIdentity check(List<X509Certificate> chain, KeyMaterial key) {
    Svid svid = Svid.of(chain, key);
    if (!svid.id().equals(request.id())) {
      throw new InvalidIdentityException(
          "The CA answered with a certificate of " + svid.id() + " in place of " + request.id());
    }
    TrustBundle trust = configuredRoots.get();
    X509Certificate last = chain.getLast();
    if (chain.size() > 1 && last.getBasicConstraints() >= 0 && isSelfSigned(last)) {
      // It came over a connection that the configured roots vouch for: the root that takes over.
      trust = trust.and(new TrustBundle(List.of(last)));
    }
    trust.verify(chain, clock.instant());
    return new HeldIdentity(svid, trust);
  }

  private static boolean isSelfSigned(X509Certificate certificate) {
    return certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal());
  }

  private void settle(Attempt attempt) {
    Instant now = clock.instant();
    switch (attempt) {
      case Attempt.Got(HeldIdentity identity) -> {
        failures = 0;
        Instant expiry = identity.svid().expiry();
        // From now, not from notBefore: the skew at its beginning is not part of its use.
        Instant renewal = schedule.renewal(now, expiry);
        boolean asked = due.equals(Instant.MIN);
        due = asked ? due : renewal;
        state = new Held(identity, expiry, renewal, Optional.empty());
        LOG.log(
            System.Logger.Level.INFO,
            "identity {0} held until {1}, renewed at {2}",
            request.id(),
            expiry,
            renewal);
        listeners.forEach(each -> tell(each, identity));
      }
      case Attempt.Missed(String why) -> {
        Instant again = now.plus(pause());
        due = again;
        state =
            switch (state()) {
              case Waiting waiting -> new Waiting(Optional.of(why));
              case Held held -> new Held(held.identity(), held.expiry(), again, Optional.of(why));
              case Expired expired -> new Expired(expired.expiry(), Optional.of(why));
            };
        // A control plane that is still starting is no news; one that stays away is.
        LOG.log(
            failures == 3 || failures % 20 == 0
                ? System.Logger.Level.WARNING
                : System.Logger.Level.DEBUG,
            "identity {0}: attempt {1} failed, next at {2}: {3}",
            request.id(),
            failures,
            again,
            why);
      }
    }
    changed.signalAll();
  }

  private void tell(Consumer<HeldIdentity> listener, HeldIdentity identity) {
    try {
      listener.accept(identity);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a listener of identity " + request.id() + " failed", e);
    }
  }

  /** Doubles with each failure; a random part of it, so that a mesh does not ask in step. */
  private Duration pause() {
    failures++;
    long longest =
        Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(failures - 1, 10));
    return Duration.ofMillis(longest / 2 + random.nextLong(longest / 2 + 1));
  }
}
