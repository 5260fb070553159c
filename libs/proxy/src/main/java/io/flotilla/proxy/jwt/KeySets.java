// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.policy.JwtProvider.Keys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Issuers' keys. A set that must be fetched is fetched when a token first needs it, and anew once
 * it is old, while the old one still serves: an issuer that is away for a while turns nobody away.
 * Used on the engine's event loop.
 */
public final class KeySets {
  private static final int MOST_KEYS = 1000;
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long STALE_NANOS = Duration.ofHours(1).toNanos();

  /** Gets what is at a URI, or nothing when that fails. */
  @FunctionalInterface
  public interface Fetch {
    void get(Keys.Remote where, Consumer<Optional<String>> done);
  }

  private static final class Fetched {
    @Nullable List<JsonWebKey> keys;
    long fetchedAt;
    long triedAt;
    boolean tried;
    boolean fetching;
    final List<Runnable> waiting = new ArrayList<>();
  }

  private final Fetch fetch;
  private final LongSupplier nanoTime;
  private final Map<Keys.Remote, Fetched> remote = new HashMap<>();
  private final Map<String, List<JsonWebKey>> inline = new HashMap<>();

  /** {@code nanoTime}: a clock that only grows. */
  public KeySets(Fetch fetch, LongSupplier nanoTime) {
    this.fetch = fetch;
    this.nanoTime = nanoTime;
  }

  /**
   * Reads a key set; keys of unknown kinds are passed over.
   *
   * @throws InvalidModelException if it is none, or holds no key
   */
  static List<JsonWebKey> parse(String jwks) {
    try {
      List<JsonWebKey> keys = new JsonWebKeySet(jwks).getJsonWebKeys();
      if (keys.isEmpty() || keys.size() > MOST_KEYS) {
        throw new InvalidModelException(
            "a key set must hold 1 to "
                + MOST_KEYS
                + " keys of known kinds, but holds "
                + keys.size());
      }
      return List.copyOf(keys);
    } catch (InvalidModelException e) {
      throw e;
    } catch (JoseException | RuntimeException e) {
      // The library casts what it finds: a list of numbers, say, is a ClassCastException.
      throw new InvalidModelException("a key set cannot be read: " + e.getMessage());
    }
  }

  /** Reads what is inline, so that it is refused with its configuration and not with a token. */
  void prepare(Keys keys) {
    if (keys instanceof Keys.Inline local && !inline.containsKey(local.jwks())) {
      inline.put(local.jwks(), parse(local.jwks()));
    }
  }

  /** Forgets what is not among these. */
  public void retain(Set<Keys> used) {
    remote.keySet().retainAll(used);
    inline.keySet().removeIf(jwks -> !used.contains(new Keys.Inline(jwks)));
  }

  /** The keys as far as they are known now; null: not at all. */
  @Nullable List<JsonWebKey> known(Keys keys) {
    return switch (keys) {
      case Keys.Inline local -> {
        prepare(local);
        yield inline.get(local.jwks());
      }
      case Keys.Remote where -> {
        Fetched state = remote.get(where);
        yield state == null
                || state.keys == null
                || age(state) > where.cache().toNanos() + STALE_NANOS
            ? null
            : state.keys;
      }
    };
  }

  private long age(Fetched state) {
    return nanoTime.getAsLong() - state.fetchedAt;
  }

  /**
   * Sees to it that the keys are known and new.
   *
   * @param then run once they are known, or cannot be had
   * @return whether there is something to wait for; if not, {@code then} is not run
   */
  boolean refresh(Keys keys, Runnable then) {
    if (!(keys instanceof Keys.Remote where)) {
      return false;
    }
    Fetched state = remote.computeIfAbsent(where, w -> new Fetched());
    boolean usable = known(where) != null;
    boolean old = !usable || age(state) > where.cache().toNanos();
    boolean soon = state.tried && nanoTime.getAsLong() - state.triedAt < RETRY_NANOS;
    if (state.fetching) {
      if (!usable) {
        state.waiting.add(then);
      }
      return !usable;
    }
    if (!old || soon) {
      return false;
    }
    state.fetching = true;
    if (!usable) {
      state.waiting.add(then);
    }
    fetch.get(where, answer -> fetched(state, answer));
    return !usable;
  }

  private void fetched(Fetched state, Optional<String> answer) {
    state.fetching = false;
    state.tried = true;
    state.triedAt = nanoTime.getAsLong();
    try {
      if (answer.isPresent()) {
        state.keys = parse(answer.get());
        state.fetchedAt = nanoTime.getAsLong();
      }
    } catch (InvalidModelException e) {
      // As if it had not come: the keys of before go on serving.
    } finally {
      // Whatever came, nobody waits for ever.
      List<Runnable> all = List.copyOf(state.waiting);
      state.waiting.clear();
      all.forEach(Runnable::run);
    }
  }
}
