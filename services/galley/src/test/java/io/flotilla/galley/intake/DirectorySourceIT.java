// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.api.yaml.Manifest;
import io.flotilla.galley.GalleyConfig;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people, editors and disks do to a watched directory. */
class DirectorySourceIT {
  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir Path root;

  private final List<FileChange> changes = new ArrayList<>();
  private Path dir;
  private DirectorySource source;

  @BeforeEach
  void watch() throws IOException {
    dir = Files.createDirectory(root.resolve("config"));
    source = new DirectorySource(dir, new Settings(Duration.ofSeconds(1)), Map.of(), this::take);
    source.start();
  }

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void seesAFileByWatchingAndNotByLookingNowAndThen() throws Exception {
    source.close();
    source = new DirectorySource(dir, new Settings(Duration.ofHours(1)), Map.of(), this::take);
    source.start();
    Files.writeString(dir.resolve("first.yaml"), service("first"));
    awaitHeld("first.yaml", "first");

    for (int i = 0; i < 10; i++) {
      Files.writeString(dir.resolve("f" + i + ".yaml"), service("s" + i));
      awaitHeld("f" + i + ".yaml", "s" + i);
    }
  }

  @Test
  void readsAFileOnlyWhenItIsWhole() throws Exception {
    String text = service("one") + "---\n" + service("two") + "---\n" + service("three");
    Files.writeString(dir.resolve("all.yaml"), text);
    awaitHeld("all.yaml", "one", "two", "three");
    int before = count();
    byte[] bytes = text.replace("80", "81").getBytes(StandardCharsets.UTF_8);

    try (RandomAccessFile file = new RandomAccessFile(dir.resolve("all.yaml").toFile(), "rw")) {
      file.setLength(0);
      for (byte each : bytes) {
        file.write(each);
        // Slower than the directory is looked at, faster than a file settles.
        TimeUnit.MICROSECONDS.sleep(300);
      }
    }

    await().atMost(SOON).untilAsserted(() -> assertThat(ports("all.yaml")).containsOnly(81));
    synchronized (changes) {
      assertThat(changes.subList(before, changes.size()))
          .allSatisfy(change -> assertThat(change.manifest().orElseThrow().resources()).hasSize(3));
    }
  }

  @Test
  void survivesAnEditorThatRenames() throws Exception {
    Path file = dir.resolve("a.yaml");
    Files.writeString(file, service("a"));
    awaitHeld("a.yaml", "a");

    Files.move(file, dir.resolve("a.yaml~"));
    Files.writeString(file, service("b"));
    Files.delete(dir.resolve("a.yaml~"));

    awaitHeld("a.yaml", "b");
    Path half = dir.resolve(".a.yaml.swp");
    Files.writeString(half, service("c"));
    Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    awaitHeld("a.yaml", "c");
    synchronized (changes) {
      assertThat(changes).noneMatch(change -> change.manifest().isEmpty());
      assertThat(changes).allMatch(change -> change.file().equals("a.yaml"));
    }
  }

  @Test
  void keepsWhatItHasWhileTheDirectoryIsAway() throws Exception {
    Files.writeString(dir.resolve("a.yaml"), service("a"));
    awaitHeld("a.yaml", "a");

    Files.move(dir, root.resolve("away"));

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(source.trouble())
                    .contains(
                        dir
                            + " is not there; the last configuration stays in force until it is"
                            + " back"));
    assertThat(held()).containsKey("a.yaml");
    Files.createDirectory(dir);
    Files.writeString(dir.resolve("b.yaml"), service("b"));
    awaitHeld("b.yaml", "b");
    await().atMost(SOON).untilAsserted(() -> assertThat(held()).containsOnlyKeys("b.yaml"));
    assertThat(source.trouble()).isEmpty();
    Files.writeString(dir.resolve("c.yaml"), service("c"));
    awaitHeld("c.yaml", "c");
  }

  @Test
  void watchesFoldersWithinAndFollowsLinksToFiles() throws Exception {
    Path outside = Files.writeString(root.resolve("real.yaml"), service("linked"));
    Files.createDirectories(dir.resolve("team/a"));
    Files.writeString(dir.resolve("team/a/x.yaml"), service("x"));
    Files.createSymbolicLink(dir.resolve("link.yaml"), outside);
    awaitHeld("team/a/x.yaml", "x");
    awaitHeld("link.yaml", "linked");

    Files.writeString(dir.resolve("team/a/x.yaml"), service("y"));

    awaitHeld("team/a/x.yaml", "y");
  }

  @Test
  void tellsOfLinksThatLeadNowhereOrBack() throws Exception {
    Files.createSymbolicLink(dir.resolve("nowhere.yaml"), root.resolve("nothing"));
    Files.createSymbolicLink(dir.resolve("loop"), dir);
    Files.writeString(dir.resolve("good.yaml"), service("good"));

    awaitHeld("good.yaml", "good");
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(reason("nowhere.yaml"))
                  .isEqualTo("the symbolic link leads to nothing: correct it, or remove it");
              assertThat(reason("loop")).contains("leads back to a folder that it is in");
            });
  }

  @Test
  void tellsOfAFileThatIsTooLong() throws Exception {
    Files.writeString(dir.resolve("long.yaml"), "# " + "x".repeat(10 << 20));

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(reason("long.yaml"))
                    .isEqualTo(
                        "the file has 10485762 bytes, but only 4194304 are read: split it, or"
                            + " raise flotilla.galley.source.max-file-bytes"));
  }

  @Test
  void seesThatAFileIsGone() throws Exception {
    Files.writeString(dir.resolve("a.yaml"), service("a"));
    awaitHeld("a.yaml", "a");

    Files.delete(dir.resolve("a.yaml"));

    await().atMost(SOON).untilAsserted(() -> assertThat(held()).isEmpty());
  }

  private void take(List<FileChange> some) {
    synchronized (changes) {
      changes.addAll(some);
    }
  }

  private int count() {
    synchronized (changes) {
      return changes.size();
    }
  }

  private Map<String, Manifest> held() {
    Map<String, Manifest> held = new TreeMap<>();
    synchronized (changes) {
      for (FileChange change : changes) {
        held.remove(change.file());
        change.manifest().ifPresent(manifest -> held.put(change.file(), manifest));
      }
    }
    return held;
  }

  private void awaitHeld(String file, String... names) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(
            () -> {
              assertThat(held()).containsKey(file);
              assertThat(held().get(file).resources())
                  .extracting(resource -> resource.metadata().name())
                  .containsExactly(names);
            });
  }

  private Stream<Integer> portsOf(Manifest manifest) {
    return manifest.resources().stream()
        .map(resource -> resource.document().at("/spec/ports/0/port").asInt());
  }

  private List<Integer> ports(String file) {
    return portsOf(held().get(file)).toList();
  }

  private String reason(String file) {
    Manifest manifest = held().get(file);
    return manifest == null || manifest.rejections().isEmpty()
        ? ""
        : manifest.rejections().getFirst().reason();
  }

  private static String service(String name) {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {ports: [{name: http, port: 80}]}
        """
        .formatted(name);
  }

  private record Settings(Duration rescan) implements GalleyConfig.Source {
    @Override
    public Optional<Path> dir() {
      return Optional.empty();
    }

    @Override
    public Duration settle() {
      return Duration.ofMillis(25);
    }

    @Override
    public Duration settleAbsent() {
      return Duration.ofMillis(60);
    }

    // Long, since on a busy machine the writer of a test may pause for long.
    @Override
    public Duration settleDoubtful() {
      return Duration.ofSeconds(1);
    }

    @Override
    public int maxFileBytes() {
      return 4 << 20;
    }

    @Override
    public int maxFiles() {
      return 1000;
    }
  }
}
