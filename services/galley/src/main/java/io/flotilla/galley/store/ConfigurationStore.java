// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import io.flotilla.api.ObjectKey;
import io.flotilla.api.PassedBy;
import io.flotilla.api.Rejection;
import io.flotilla.api.Resource;
import io.flotilla.api.yaml.Manifest;
import io.flotilla.check.Finding;
import io.flotilla.check.Validation;
import io.flotilla.galley.intake.FileChange;
import io.flotilla.galley.intake.FileSignature;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is in force. Changes come from one thread; {@link #current} may be read from any.
 *
 * <p>An object whose newest document is refused stays as it was last good. A document of which not
 * even the name can be read might be any of the file's objects, so all of them stay that the file
 * doesn't hold otherwise.
 */
public final class ConfigurationStore {
  private static final String CHANGE_CAUSE = "kubernetes.io/change-cause";
  private static final int REMEMBERED_PER_OBJECT = 32;

  private final Clock clock;
  private final Map<String, FileState> files = new TreeMap<>();
  private final Map<ObjectKey, Set<Integer>> earlier = new HashMap<>();
  private volatile Configuration current = Configuration.empty(0);
  private long sequence;

  public ConfigurationStore(Clock clock) {
    this.clock = clock;
  }

  /** What is in force now. */
  public Configuration current() {
    return current;
  }

  /** What each file contributes; only for the thread that applies changes. */
  public Collection<FileState> files() {
    return files.values();
  }

  /** Goes on from what was in force before a restart. */
  public void restore(long revision, Collection<FileState> states) {
    for (FileState state : states) {
      files.put(state.file(), state);
      for (InForce object : state.objects().values()) {
        sequence = Math.max(sequence, object.sequence());
      }
    }
    current = assemble(revision);
    current.objects().forEach((key, object) -> remember(key, object.resource()));
  }

  /** Takes up changed files; empty if nothing changed by that. */
  public Optional<Revision> apply(List<FileChange> changes) {
    Configuration before = current;
    List<Rejection> fresh = new ArrayList<>();
    boolean verdictChanged = false;
    for (FileChange change : changes) {
      FileState known = files.get(change.file());
      List<Rejection> old = known == null ? List.of() : known.rejections();
      if (change.manifest().isEmpty()) {
        files.remove(change.file());
        verdictChanged |= !old.isEmpty();
        continue;
      }
      FileState state = merged(change.file(), change.signature(), change.manifest().get());
      files.put(change.file(), state);
      verdictChanged |= !state.rejections().equals(old);
      state.rejections().stream().filter(each -> !old.contains(each)).forEach(fresh::add);
    }
    Configuration after = assemble(before.revision() + 1);
    List<ObjectChange> objects = differences(before, after);
    if (objects.isEmpty() && !verdictChanged) {
      // Lines and findings may have moved all the same.
      current =
          new Configuration(
              before.revision(),
              before.time(),
              after.objects(),
              after.rejections(),
              after.passedBy(),
              after.findings());
      return Optional.empty();
    }
    current = after;
    return Optional.of(
        new Revision(
            after.revision(),
            after.time(),
            authors(changes),
            cause(changes, objects),
            changes.stream().map(FileChange::file).toList(),
            objects,
            fresh));
  }

  private FileState merged(String file, FileSignature signature, Manifest manifest) {
    FileState old = files.get(file);
    sequence++;
    Map<ObjectKey, InForce> objects = new LinkedHashMap<>();
    for (Resource<?> resource : manifest.resources()) {
      ObjectKey key = ObjectKey.of(resource);
      objects.put(key, new InForce(resource, file, sequenceOf(key, old, signature), false));
    }
    if (old != null) {
      keepLastGood(old, manifest, objects);
    }
    return new FileState(file, signature, objects, manifest.rejections(), manifest.passedBy());
  }

  // A file that is as it was before the restart was not applied anew by it.
  private long sequenceOf(ObjectKey key, @Nullable FileState old, FileSignature signature) {
    InForce known = old == null ? null : old.objects().get(key);
    return old != null && known != null && old.signature().equals(signature)
        ? known.sequence()
        : sequence;
  }

  private static void keepLastGood(
      FileState old, Manifest manifest, Map<ObjectKey, InForce> objects) {
    boolean anyObject =
        manifest.rejections().stream().anyMatch(rejection -> rejection.key().isEmpty());
    Set<ObjectKey> refused =
        manifest.rejections().stream()
            .flatMap(rejection -> rejection.key().stream())
            .collect(Collectors.toSet());
    old.objects()
        .forEach(
            (key, object) -> {
              if (anyObject || refused.contains(key)) {
                objects.putIfAbsent(
                    key, new InForce(object.resource(), object.file(), object.sequence(), true));
              }
            });
  }

  private Configuration assemble(long revision) {
    SortedMap<ObjectKey, InForce> objects = new TreeMap<>();
    List<Rejection> rejections = new ArrayList<>();
    List<PassedBy> passedBy = new ArrayList<>();
    for (FileState state : files.values()) {
      rejections.addAll(state.rejections());
      passedBy.addAll(state.passedBy());
      state
          .objects()
          .forEach(
              (key, object) ->
                  objects.merge(key, object, (a, b) -> a.sequence() >= b.sequence() ? a : b));
    }
    return new Configuration(
        revision,
        clock.instant(),
        objects,
        rejections,
        passedBy,
        findings(objects, rejections, passedBy));
  }

  private List<Finding> findings(
      SortedMap<ObjectKey, InForce> objects, List<Rejection> rejections, List<PassedBy> passedBy) {
    List<Finding> findings = new ArrayList<>();
    rejections.forEach(rejection -> findings.add(Finding.of(rejection)));
    passedBy.stream().filter(PassedBy::surprising).forEach(each -> findings.add(Finding.of(each)));
    for (FileState state : files.values()) {
      state
          .objects()
          .forEach(
              (key, object) -> {
                InForce winner = objects.get(key);
                if (winner != null && !winner.file().equals(state.file())) {
                  findings.add(Shadowed.by(object, winner));
                }
              });
    }
    findings.addAll(
        Validation.analyze(objects.values().stream().<Resource<?>>map(InForce::resource).toList()));
    return findings;
  }

  private List<ObjectChange> differences(Configuration before, Configuration after) {
    List<ObjectChange> changes = new ArrayList<>();
    after
        .objects()
        .forEach(
            (key, object) -> {
              InForce old = before.objects().get(key);
              if (old == null) {
                remember(key, object.resource());
                changes.add(change(key, ObjectChange.Kind.ADDED, object));
              } else if (!old.resource().equals(object.resource())) {
                boolean back = !remember(key, object.resource());
                changes.add(
                    change(
                        key,
                        back ? ObjectChange.Kind.ROLLED_BACK : ObjectChange.Kind.CHANGED,
                        object));
              }
            });
    before.objects().keySet().stream()
        .filter(key -> !after.objects().containsKey(key))
        .forEach(
            key -> changes.add(new ObjectChange(key, ObjectChange.Kind.REMOVED, Optional.empty())));
    return changes;
  }

  private static ObjectChange change(ObjectKey key, ObjectChange.Kind kind, InForce object) {
    return new ObjectChange(key, kind, Optional.of(object.resource()));
  }

  /** Whether the object was never like this before, as far as is remembered. */
  private boolean remember(ObjectKey key, Resource<?> resource) {
    Set<Integer> seen = earlier.computeIfAbsent(key, k -> new LinkedHashSet<>());
    boolean fresh = seen.add(resource.document().hashCode());
    if (seen.size() > REMEMBERED_PER_OBJECT) {
      seen.remove(seen.iterator().next());
    }
    return fresh;
  }

  private static String authors(List<FileChange> changes) {
    return changes.stream()
        .map(FileChange::author)
        .filter(author -> !author.isEmpty())
        .distinct()
        .collect(Collectors.joining(","));
  }

  private static String cause(List<FileChange> changes, List<ObjectChange> objects) {
    String words =
        objects.stream()
            .flatMap(change -> change.resource().stream())
            .map(resource -> resource.metadata().annotations().getOrDefault(CHANGE_CAUSE, ""))
            .filter(cause -> !cause.isEmpty())
            .distinct()
            .collect(Collectors.joining("; "));
    if (!words.isEmpty()) {
      return words;
    }
    return changes.stream()
        .map(
            change ->
                change.file() + (change.manifest().isPresent() ? " was saved" : " was removed"))
        .collect(Collectors.joining(", "));
  }
}
