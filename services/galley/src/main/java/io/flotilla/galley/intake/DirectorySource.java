// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.intake;

import io.flotilla.api.Origin;
import io.flotilla.api.Problem;
import io.flotilla.api.Rejection;
import io.flotilla.api.yaml.Limits;
import io.flotilla.api.yaml.Manifest;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.galley.GalleyConfig;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Watches the directory on a thread of its own and hands over what changed, in the order of the
 * changes. A change is believed once the file's signature has stayed the same for a moment: so a
 * file that is being written, or that an editor takes away to put another in its place, is read
 * when it is whole. Nothing is lost by that, since what is compared is the state, not the events;
 * the events only say when to look.
 */
public final class DirectorySource implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(DirectorySource.class);
  private static final long LOOK_MILLIS = 10;
  private static final long ABSENT_LOOK_MILLIS = 50;
  private static final WatchEvent.Kind<?>[] ALL = {
    StandardWatchEventKinds.ENTRY_CREATE,
    StandardWatchEventKinds.ENTRY_MODIFY,
    StandardWatchEventKinds.ENTRY_DELETE
  };

  private final Path directory;
  private final GalleyConfig.Source config;
  private final Consumer<List<FileChange>> sink;
  private final ManifestReader reader;
  private final Map<String, FileSignature> known = new TreeMap<>();
  private final Map<String, Integer> held = new HashMap<>();
  private final Map<String, Pending> pending = new HashMap<>();
  private final Map<Path, Watched> watched = new HashMap<>();
  private volatile Optional<String> trouble = Optional.empty();
  private volatile boolean closed;
  private @Nullable WatchService watch;
  private @Nullable Thread thread;

  private record Watched(WatchKey key, Object folder) {}

  /** A change that is not believed yet; {@code read}: what is in it, if it was read and doubted. */
  private record Pending(FileSignature signature, long sinceNanos, Optional<FileChange> read) {}

  /**
   * @param known the signatures of files as they were when last read, from before a restart
   * @param sink called on the source's thread, also with an empty list once all is read first
   */
  public DirectorySource(
      Path directory,
      GalleyConfig.Source config,
      Map<String, FileSignature> known,
      Consumer<List<FileChange>> sink) {
    this.directory = directory;
    this.config = config;
    this.sink = sink;
    this.known.putAll(known);
    Limits limits = Limits.DEFAULT;
    this.reader =
        new ManifestReader(
            new Limits(config.maxFileBytes(), limits.depth(), limits.values(), limits.documents()));
  }

  /** What keeps the directory from being read, as a sentence; empty: nothing. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Reads everything once, on the caller's thread, then watches on a thread of its own. */
  public void start() {
    sink.accept(first());
    thread = Thread.ofPlatform().daemon().name("galley-directory").start(this::run);
  }

  @Override
  public void close() {
    closed = true;
    closeWatch();
    if (thread != null) {
      thread.interrupt();
    }
  }

  private List<FileChange> first() {
    List<FileChange> changes = new ArrayList<>();
    try {
      openWatch();
      DirectoryScan scan = scan();
      Set<String> names = new TreeSet<>(known.keySet());
      names.addAll(scan.files().keySet());
      for (String name : names) {
        FileSignature now = scan.files().getOrDefault(name, FileSignature.ABSENT);
        changes.add(believe(change(name, now, scan)));
      }
    } catch (IOException e) {
      lost(e);
    }
    changes.sort(Comparator.comparingLong(change -> change.signature().modified()));
    return changes;
  }

  private void run() {
    while (!closed) {
      try {
        if (watch == null) {
          TimeUnit.MILLISECONDS.sleep(ABSENT_LOOK_MILLIS);
          openWatch();
        } else {
          await();
        }
        look();
      } catch (IOException e) {
        lost(e);
      } catch (ClosedWatchServiceException e) {
        closeWatch();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.errorf(e, "a look through %s failed; the next follows", directory);
      }
    }
  }

  private void await() throws InterruptedException {
    WatchService service = watch;
    if (service == null) {
      return;
    }
    long millis = pending.isEmpty() ? config.rescan().toMillis() : LOOK_MILLIS;
    WatchKey key = service.poll(millis, TimeUnit.MILLISECONDS);
    while (key != null) {
      key.pollEvents();
      if (!key.reset()) {
        WatchKey gone = key;
        watched.values().removeIf(each -> each.key().equals(gone));
      }
      key = service.poll();
    }
  }

  private void look() throws IOException {
    DirectoryScan scan = scan();
    Set<String> names = new HashSet<>(known.keySet());
    names.addAll(scan.files().keySet());
    List<FileChange> settled = new ArrayList<>();
    long now = System.nanoTime();
    for (String name : names) {
      FileSignature signature = scan.files().getOrDefault(name, FileSignature.ABSENT);
      if (signature.equals(known.getOrDefault(name, FileSignature.ABSENT))) {
        pending.remove(name);
        continue;
      }
      Pending waiting = pending.get(name);
      if (waiting == null || !waiting.signature().equals(signature)) {
        pending.put(name, new Pending(signature, now, Optional.empty()));
        continue;
      }
      if (now - waiting.sinceNanos() < patience(waiting).toNanos()) {
        continue;
      }
      FileChange change = waiting.read().orElseGet(() -> change(name, signature, scan));
      if (waiting.read().isEmpty() && isDoubtful(change)) {
        pending.put(name, new Pending(signature, waiting.sinceNanos(), Optional.of(change)));
      } else {
        pending.remove(name);
        settled.add(believe(change));
      }
    }
    if (!settled.isEmpty()) {
      settled.sort(
          Comparator.comparingLong((FileChange change) -> change.signature().modified())
              .thenComparing(FileChange::file));
      sink.accept(settled);
    }
  }

  private Duration patience(Pending waiting) {
    if (waiting.read().isPresent()) {
      return config.settleDoubtful();
    }
    return waiting.signature().isAbsentOrEmpty() ? config.settleAbsent() : config.settle();
  }

  private boolean isDoubtful(FileChange change) {
    return change
        .manifest()
        .filter(
            manifest ->
                manifest.rejections().stream().anyMatch(refused -> refused.key().isEmpty())
                    || manifest.resources().size() < held.getOrDefault(change.file(), 0))
        .isPresent();
  }

  private DirectoryScan scan() throws IOException {
    DirectoryScan scan = DirectoryScan.of(directory, config.maxFiles());
    watchFolders(scan.folders());
    trouble =
        scan.truncated()
            ? Optional.of(
                directory
                    + " has more than "
                    + config.maxFiles()
                    + " files; the rest is not read: raise flotilla.galley.source.max-files")
            : Optional.empty();
    return scan;
  }

  private void watchFolders(Map<Path, Object> folders) {
    WatchService service = watch;
    if (service == null) {
      return;
    }
    Set<Path> gone = new HashSet<>(watched.keySet());
    gone.removeAll(folders.keySet());
    gone.forEach(
        folder -> {
          Watched each = watched.remove(folder);
          if (each != null) {
            each.key().cancel();
          }
        });
    folders.forEach((folder, key) -> watchFolder(service, folder, key));
  }

  private void watchFolder(WatchService service, Path folder, Object identity) {
    Watched now = watched.get(folder);
    // A folder that was moved away is still watched under its old path, though another is there.
    if (now != null && now.key().isValid() && now.folder().equals(identity)) {
      return;
    }
    try {
      if (now != null) {
        now.key().cancel();
      }
      watched.put(folder, new Watched(folder.register(service, ALL), identity));
    } catch (IOException e) {
      // The periodic look still sees the folder, only later.
      LOG.debugf("%s cannot be watched: %s", folder, e.toString());
    }
  }

  private FileChange believe(FileChange change) {
    if (change.manifest().isEmpty()) {
      known.remove(change.file());
      held.remove(change.file());
    } else {
      known.put(change.file(), change.signature());
      held.put(change.file(), change.manifest().get().resources().size());
    }
    return change;
  }

  private FileChange change(String name, FileSignature signature, DirectoryScan scan) {
    if (signature.equals(FileSignature.ABSENT)) {
      return new FileChange(name, "", signature, Optional.empty());
    }
    Path file = directory.resolve(name);
    return new FileChange(name, author(file), signature, Optional.of(read(name, file, scan)));
  }

  private Manifest read(String name, Path file, DirectoryScan scan) {
    String broken = scan.broken().get(name);
    if (broken != null) {
      return refused(name, broken);
    }
    try {
      long size = Files.size(file);
      if (size > config.maxFileBytes()) {
        return refused(
            name,
            "the file has "
                + size
                + " bytes, but only "
                + config.maxFileBytes()
                + " are read: split it, or raise flotilla.galley.source.max-file-bytes");
      }
      return reader.read(Files.readAllBytes(file), name);
    } catch (IOException e) {
      return refused(
          name,
          "it cannot be read ("
              + e.getClass().getSimpleName()
              + "): make it readable for Galley, or remove it");
    }
  }

  private static Manifest refused(String name, String reason) {
    return new Manifest(
        List.of(),
        List.of(
            new Rejection(
                new Origin(name, 0), Optional.empty(), "", List.of(new Problem("", 0, reason)))),
        List.of());
  }

  private static String author(Path file) {
    try {
      return Files.getOwner(file).getName();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  private void openWatch() throws IOException {
    if (watch == null && Files.isDirectory(directory)) {
      watch = directory.getFileSystem().newWatchService();
    }
  }

  private void closeWatch() {
    WatchService service = watch;
    watch = null;
    watched.clear();
    if (service != null) {
      try {
        service.close();
      } catch (IOException e) {
        LOG.debugf("closing the watch on %s: %s", directory, e.toString());
      }
    }
  }

  private void lost(IOException reason) {
    String sentence =
        Files.isDirectory(directory)
            ? directory + " cannot be read (" + reason + "): make it readable for Galley"
            : directory + " is not there; the last configuration stays in force until it is back";
    if (!trouble.equals(Optional.of(sentence))) {
      LOG.warn(sentence);
    }
    trouble = Optional.of(sentence);
    pending.clear();
    closeWatch();
  }
}
