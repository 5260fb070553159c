// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server.internal;

import com.google.protobuf.Any;
import io.flotilla.xds.server.VersionedResource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one stream wants of one type, what it was sent, and which response it has yet to answer. Not
 * thread-safe: a session's own.
 */
final class Subscription {
  /** Bounds what a client can make the server remember. */
  static final int MAX_NAMES = 100_000;

  private final String typeUrl;
  private final Set<String> names = new HashSet<>();
  private final Map<String, VersionedResource> held = new HashMap<>();
  private final Set<String> due = new HashSet<>();
  private boolean opened;
  private boolean wildcard;
  private boolean named;
  private boolean sentOnce;
  private long nonce;
  private boolean waiting;
  private boolean refused;
  private List<String> outstanding = List.of();
  private @Nullable Map<String, VersionedResource> settledWith;

  Subscription(String typeUrl) {
    this.typeUrl = typeUrl;
  }

  String typeUrl() {
    return typeUrl;
  }

  /** Whether this is the first request for the type on this stream. */
  boolean open() {
    boolean first = !opened;
    opened = true;
    settledWith = null;
    return first;
  }

  /** Wants every resource of the type from now on. */
  void wantAll() {
    wildcard = true;
  }

  /** Wants exactly these from now on (SotW); new names are answered even if they do not exist. */
  void replace(Set<String> wanted, boolean all) {
    named |= !wanted.isEmpty();
    wildcard = all;
    names.removeIf(n -> !wanted.contains(n));
    wanted.forEach(
        n -> {
          if (!names.contains(n)) {
            want(n);
            due.add(n);
          }
        });
    if (!wildcard) {
      held.keySet().retainAll(names);
    }
    due.removeIf(n -> !wants(n));
  }

  /** Whether names were ever given: then an empty list means none, and not all (SotW). */
  boolean wasNamed() {
    return named;
  }

  /** Wants this one too. */
  void want(String name) {
    if (names.size() >= MAX_NAMES) {
      throw new IllegalStateException(
          "a stream may subscribe to at most "
              + MAX_NAMES
              + " resources of "
              + typeUrl
              + "; use a wildcard");
    }
    names.add(name);
    settledWith = null;
  }

  /** This name is answered next, even if nothing changed or nothing is there. */
  void answerAgain(String name) {
    due.add(name);
    settledWith = null;
  }

  /** Does not want this one any longer (delta). */
  void forget(String name) {
    settledWith = null;
    if (name.equals("*")) {
      wildcard = false;
      held.keySet().retainAll(names);
      return;
    }
    names.remove(name);
    if (wildcard) {
      // The client dropped it, but still wants it with all others: it must be told again.
      due.add(name);
    } else {
      held.remove(name);
      due.remove(name);
    }
  }

  /** The client says that it has this version already. */
  void has(String name, String itsVersion) {
    if (held.size() >= MAX_NAMES) {
      throw new IllegalStateException(
          "initial_resource_versions of " + typeUrl + " names more than " + MAX_NAMES);
    }
    held.put(name, new VersionedResource(name, itsVersion, Any.getDefaultInstance()));
    settledWith = null;
  }

  boolean isWildcard() {
    return wildcard;
  }

  boolean wants(String name) {
    return wildcard || names.contains(name);
  }

  /** A response is under way and not answered yet. */
  boolean isWaiting() {
    return waiting;
  }

  /** The last answer was a refusal. */
  boolean isRefused() {
    return refused;
  }

  /** The client holds something of this type. */
  boolean hasAny() {
    return !held.isEmpty();
  }

  /** The client was sent this one and has answered. */
  boolean isTaken(String name) {
    return !waiting && held.containsKey(name) && !due.contains(name);
  }

  /** The next response goes out under the nonce returned. */
  String send(Collection<VersionedResource> resources) {
    waiting = true;
    sentOnce = true;
    settledWith = null;
    outstanding = resources.stream().map(VersionedResource::name).toList();
    return Long.toString(++nonce);
  }

  /** Nothing was answered yet for this type: a client with a wildcard waits even for nothing. */
  boolean isUnanswered() {
    return !sentOnce;
  }

  /**
   * The client answered, or changes its mind about what it was sent last.
   *
   * @return false when the nonce is an old one
   */
  boolean answer(String itsNonce, boolean isRefusal) {
    if (!itsNonce.equals(Long.toString(nonce))) {
      return false;
    }
    if (waiting) {
      waiting = false;
      refused = isRefusal;
    }
    return true;
  }

  /** The names in the last response that {@code message} mentions; else an empty name. */
  List<String> namedIn(String message) {
    List<String> found = new ArrayList<>();
    for (String name : outstanding) {
      if (!name.isEmpty() && message.contains(name)) {
        found.add(name);
      }
    }
    // "a" occurs in every message about "ab": the longest names are meant.
    found.removeIf(n -> found.stream().anyMatch(o -> !o.equals(n) && o.contains(n)));
    return found.isEmpty() ? List.of("") : found;
  }

  /** Whether the client has all that it wants of {@code now} and has answered so. */
  boolean isSettled(Map<String, VersionedResource> now) {
    if (waiting || refused) {
      return false;
    }
    if (settledWith == now) {
      return true;
    }
    if (due.isEmpty() && changes(now, false).isEmpty()) {
      settledWith = now;
      return true;
    }
    return false;
  }

  /**
   * What must be said so that the client has {@code now}.
   *
   * @param keep what is gone stays for the time being, unless the client asks for it
   */
  Change changes(Map<String, VersionedResource> now, boolean keep) {
    if (settledWith == now) {
      return Change.NONE;
    }
    List<VersionedResource> changed = new ArrayList<>();
    if (wildcard) {
      for (VersionedResource resource : now.values()) {
        addIfNew(resource, changed);
      }
    } else {
      for (String name : names) {
        VersionedResource resource = now.get(name);
        if (resource != null) {
          addIfNew(resource, changed);
        }
      }
    }
    List<String> removed = new ArrayList<>();
    for (String name : held.keySet()) {
      if (!now.containsKey(name) && (!keep || due.contains(name))) {
        removed.add(name);
      }
    }
    for (String name : due) {
      if (!now.containsKey(name) && !held.containsKey(name)) {
        removed.add(name);
      }
    }
    return new Change(changed, removed);
  }

  private void addIfNew(VersionedResource resource, List<VersionedResource> changed) {
    VersionedResource has = held.get(resource.name());
    if (has == null || !has.version().equals(resource.version()) || due.contains(resource.name())) {
      changed.add(resource);
    }
  }

  /**
   * All wanted resources, by name (SotW).
   *
   * @param keep what is gone but still held is among them
   */
  Map<String, VersionedResource> wanted(Map<String, VersionedResource> now, boolean keep) {
    Map<String, VersionedResource> out = new TreeMap<>();
    if (keep) {
      out.putAll(held);
    }
    now.forEach(
        (name, resource) -> {
          if (wants(name)) {
            out.put(name, resource);
          }
        });
    return out;
  }

  /** The client will have these once it took the response. */
  void delivered(Iterable<VersionedResource> resources, Iterable<String> removed) {
    for (VersionedResource resource : resources) {
      held.put(resource.name(), resource);
    }
    removed.forEach(held::remove);
    due.clear();
  }

  /** The difference between what a client has and what there is. */
  record Change(List<VersionedResource> changed, List<String> removed) {
    static final Change NONE = new Change(List.of(), List.of());

    /** Whether nothing needs to be said. */
    boolean isEmpty() {
      return changed.isEmpty() && removed.isEmpty();
    }
  }
}
