// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server.internal;

import io.flotilla.xds.server.VersionedResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one stream wants of one type, what it was sent, and which response it has yet to answer. */
public final class Subscription {
  /** Bounds what a client can make the server remember. */
  public static final int MAX_NAMES = 100_000;

  private final String typeUrl;
  private final Set<String> names = new HashSet<>();
  private final Map<String, String> sent = new HashMap<>();
  private final Set<String> askedAgain = new HashSet<>();
  private boolean wildcard;
  private boolean answered;
  private long nonce;
  private @Nullable String outstanding;
  private long outstandingRevision;
  private String version = "";

  public Subscription(String typeUrl) {
    this.typeUrl = typeUrl;
  }

  public String typeUrl() {
    return typeUrl;
  }

  /** Wants every resource of the type from now on. */
  public void wantAll() {
    wildcard = true;
  }

  /** Wants exactly these from now on (SotW), forgetting what was sent of others. */
  public boolean replace(Set<String> wanted) {
    boolean grew = !names.containsAll(wanted);
    names.clear();
    wanted.forEach(this::want);
    if (!wildcard) {
      sent.keySet().retainAll(names);
    }
    return grew;
  }

  /** Wants this one too; a name that was wanted already is sent again. */
  public void want(String name) {
    if (names.size() >= MAX_NAMES) {
      throw new IllegalStateException(
          "a stream may subscribe to at most " + MAX_NAMES + " resources of " + typeUrl);
    }
    names.add(name);
  }

  /** The client asks for this name anew (delta), even if nothing changed. */
  public void askAgain(String name) {
    want(name);
    askedAgain.add(name);
  }

  /** Does not want this one any longer. */
  public void forget(String name) {
    if (name.equals("*")) {
      wildcard = false;
    }
    names.remove(name);
    sent.remove(name);
    askedAgain.remove(name);
  }

  /** The client says that it has this version already. */
  public void has(String name, String itsVersion) {
    sent.put(name, itsVersion);
  }

  public boolean isWildcard() {
    return wildcard;
  }

  private boolean wants(String name) {
    return wildcard || names.contains(name);
  }

  /** A response is under way and not answered yet. */
  public boolean isWaiting() {
    return outstanding != null;
  }

  /** The next response of the given revision goes out under the nonce returned. */
  public String send(long revision) {
    outstanding = Long.toString(++nonce);
    outstandingRevision = revision;
    answered = true;
    return outstanding;
  }

  /**
   * The client answered.
   *
   * @return the revision that it answered to, or -1 when the nonce is an old one
   */
  public long answer(String itsNonce) {
    if (!itsNonce.equals(outstanding)) {
      return -1;
    }
    outstanding = null;
    return outstandingRevision;
  }

  /** What must be sent so that the client has {@code now}. */
  public Change changes(Map<String, VersionedResource> now) {
    List<VersionedResource> changed = new ArrayList<>();
    List<String> removed = new ArrayList<>();
    for (VersionedResource resource : now.values()) {
      if (wants(resource.name())
          && (!resource.version().equals(sent.get(resource.name()))
              || askedAgain.contains(resource.name()))) {
        changed.add(resource);
      }
    }
    for (String name : sent.keySet()) {
      if (!now.containsKey(name)) {
        removed.add(name);
      }
    }
    // A name that was asked for and does not exist is answered as removed, once.
    for (String name : askedAgain) {
      if (!now.containsKey(name) && !removed.contains(name)) {
        removed.add(name);
      }
    }
    return new Change(changed, removed, !answered);
  }

  /** All wanted resources that exist, by name (SotW). */
  public Map<String, VersionedResource> wanted(Map<String, VersionedResource> now) {
    Map<String, VersionedResource> out = new TreeMap<>();
    now.forEach(
        (name, resource) -> {
          if (wants(name)) {
            out.put(name, resource);
          }
        });
    return out;
  }

  /** The client will have these once it took the response. */
  public void delivered(Iterable<VersionedResource> resources, Iterable<String> removed) {
    for (VersionedResource resource : resources) {
      sent.put(resource.name(), resource.version());
    }
    removed.forEach(sent::remove);
    askedAgain.clear();
  }

  /** The version of the last response (SotW). */
  public String version() {
    return version;
  }

  public void version(String next) {
    version = next;
  }

  /**
   * The difference between what a client has and what there is.
   *
   * @param first nothing was ever answered for this type
   */
  public record Change(List<VersionedResource> changed, List<String> removed, boolean first) {
    /** Whether nothing needs to be said. */
    public boolean isEmpty() {
      return changed.isEmpty() && removed.isEmpty();
    }
  }
}
