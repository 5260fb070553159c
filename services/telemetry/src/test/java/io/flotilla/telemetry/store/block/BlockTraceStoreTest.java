// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.Dependency;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import io.flotilla.telemetry.store.TraceStore;
import io.flotilla.telemetry.store.TraceStoreContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockTraceStoreTest {
  private static final Duration LONG = Duration.ofDays(36_500);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path folder;
  private final List<BlockTraceStore> opened = new ArrayList<>();

  private BlockTraceStore open(Path where, int cutSpans, Duration maxAge, long maxBytes) {
    BlockTraceStore store =
        new BlockTraceStore(
            where, new BlockStoreBounds(cutSpans, 1L << 40, LONG, 10_000, maxAge, maxBytes));
    opened.add(store);
    return store;
  }

  private BlockTraceStore open(Path where, int cutSpans) {
    return open(where, cutSpans, LONG, 1L << 40);
  }

  @AfterEach
  void close() {
    opened.forEach(BlockTraceStore::close);
  }

  /** What every store must do, with all of it in the head. */
  @Nested
  class InTheHead extends TraceStoreContract {
    @Override
    protected TraceStore store() {
      return open(folder.resolve("head"), 100_000);
    }
  }

  /** And with every batch in a block of its own, which are merged meanwhile. */
  @Nested
  class InBlocks extends TraceStoreContract {
    @Override
    protected TraceStore store() {
      return open(folder.resolve("blocks"), 1);
    }
  }

  /** A span with everything that a span can have. */
  private static Span rich(long trace, long id, long parent, long start) {
    return new Span(
        trace % 3 == 0 ? 7 : 0,
        trace,
        id,
        parent,
        "op-" + id % 5,
        Span.Kind.values()[(int) (id % 6)],
        start,
        start + id * 1_000,
        Map.of(
            "text",
            "value-" + trace,
            "number",
            id,
            "ratio",
            0.5 * id,
            "flag",
            id % 2 == 0,
            "mixed",
            id % 2 == 0 ? (Object) id : "odd",
            "list",
            List.of("a", 1L, List.of(true))),
        id % 3 == 0
            ? List.of(new Span.Event(start + 5, "retry", Map.of("attempt", id)))
            : List.of(),
        id % 4 == 0 ? List.of(new Span.Link(1, 2, 3, Map.of("why", "batch"))) : List.of(),
        Span.Status.values()[(int) (id % 3)],
        id % 3 == 2 ? "broken" : "",
        id % 5 == 0 ? "a=b" : "",
        Map.of("service.name", "svc-" + id % 4, "pod", "p" + id % 2),
        id % 2 == 0 ? "scope" : "");
  }

  private static List<Span> richTrace(long trace, int spans) {
    long start = 1_700_000_000_000_000_000L + trace * 1_000_000_000L;
    List<Span> all = new ArrayList<>();
    for (int i = 1; i <= spans; i++) {
      // A parent in the trace, one that is not, and none.
      all.add(rich(trace, i, i == 1 ? 0 : i == 2 ? 999_999 : i - 1, start + i * 10L));
    }
    return all;
  }

  private static TraceQuery tags(Map<String, String> tags) {
    return new TraceQuery(null, null, tags, 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 10_000);
  }

  @Test
  void givesEverySpanBackAsItWasFromBlocksOfEveryLevel() throws Exception {
    BlockTraceStore store = open(folder, 400);
    List<List<Span>> all = new ArrayList<>();
    for (int t = 1; t <= 400; t++) {
      all.add(richTrace(t, 20));
      store.add(all.getLast());
    }
    store.cutNow();
    await()
        .untilAsserted(
            () -> assertThat(store.blocks()).as("merged").containsKey(2).doesNotContainEntry(0, 4));

    for (List<Span> trace : all) {
      assertThat(store.find(TraceId.of(trace.getFirst())).orElseThrow().spans())
          .containsExactlyElementsOf(trace);
    }
    assertThat(store.find(new TraceId(0, 123_456))).isEmpty();
    for (Map<String, String> tags :
        List.of(
            Map.of("text", "value-77"),
            Map.of("number", "20", "pod", "p0"),
            Map.of("mixed", "odd", "span.kind", "producer"),
            Map.of("flag", "true", "otel.status_code", "ERROR"),
            Map.of("error", "true"),
            Map.of("attempt", "3", "event", "retry"),
            Map.of("otel.scope.name", "scope"),
            Map.of("list", "[\"a\",1,\"[true]\"]"),
            Map.of("ratio", "2.5"))) {
      long expected =
          all.stream().filter(trace -> trace.stream().anyMatch(tags(tags)::matches)).count();
      assertThat(store.search(tags(tags))).as(tags.toString()).hasSize((int) expected);
    }
    assertThat(store.search(tags(Map.of("text", "value-401")))).isEmpty();
  }

  @Test
  void joinsATraceWhosePartsAreInSeveralBlocksAndTheHead() throws Exception {
    BlockTraceStore store = open(folder, 100_000);
    List<Span> trace = richTrace(5, 30);
    for (int part = 0; part < 10; part++) {
      store.add(trace.subList(part * 3, part * 3 + 3));
      store.cutNow();
      int blocks = part + 1;
      await()
          .until(() -> store.blocks().values().stream().mapToInt(n -> n).sum() > 0 || blocks < 1);
      await().until(() -> store.usage().spans() >= 3L * blocks);
    }
    store.add(richTrace(6, 1));

    assertThat(store.find(new TraceId(0, 5)).orElseThrow().spans())
        .containsExactlyElementsOf(trace);
    assertThat(store.search(tags(Map.of("text", "value-5"))).getFirst().spans()).hasSize(30);
  }

  @Test
  void bringsBackEverythingAfterAStopAndCountsNoCallTwice() throws Exception {
    BlockTraceStore store = open(folder, 10);
    Instant end = Instant.ofEpochSecond(1_700_003_600);
    for (int t = 1; t <= 50; t++) {
      store.add(richTrace(t, 4));
    }
    List<Dependency> calls = store.dependencies(end, Duration.ofHours(2));
    store.close();

    for (int round = 0; round < 3; round++) {
      BlockTraceStore again = open(folder, 10);
      assertThat(again.search(TraceQuery.latest(1_000))).hasSize(50);
      assertThat(again.dependencies(end, Duration.ofHours(2))).isEqualTo(calls).isNotEmpty();
      assertThat(again.services()).containsExactly("svc-0", "svc-1", "svc-2", "svc-3");
      again.close();
    }
  }

  /** The log cut off at every byte: what was acknowledged before is there, whole batches only. */
  @Test
  void opensWhereverACrashCutTheLogOff() throws Exception {
    BlockTraceStore store = open(folder.resolve("whole"), 100_000);
    List<Long> ends = new ArrayList<>();
    Path log = null;
    for (int t = 1; t <= 3; t++) {
      store.add(List.of(rich(t, 1, 0, t), rich(t, 2, 1, t)));
      log = only(folder.resolve("whole/wal"));
      ends.add(Files.size(log));
    }
    store.close();
    byte[] whole = Files.readAllBytes(log);

    for (int size = 0; size <= whole.length; size++) {
      Path cut = Files.createDirectories(folder.resolve("cut-" + size));
      Files.createDirectories(cut.resolve("wal"));
      Files.write(cut.resolve("wal").resolve(log.getFileName()), slice(whole, size));
      int at = size;
      long acknowledged = ends.stream().filter(end -> end <= at).count();
      BlockTraceStore opened = open(cut, 100_000);
      List<Trace> traces = opened.search(TraceQuery.latest(100));
      assertThat(traces).as("cut at byte " + size).hasSize((int) acknowledged);
      assertThat(traces).allSatisfy(trace -> assertThat(trace.spans()).hasSize(2));
      opened.add(List.of(rich(9, 1, 0, 1)));
      opened.close();
      assertThat(open(cut, 100_000).search(TraceQuery.latest(100)))
          .as("written after the crash at byte " + size)
          .hasSize((int) acknowledged + 1);
      this.opened.removeLast().close();
    }
  }

  private static byte[] slice(byte[] bytes, int size) {
    byte[] part = new byte[size];
    System.arraycopy(bytes, 0, part, 0, size);
    return part;
  }

  private static Path only(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".wal")).findFirst().orElseThrow();
    }
  }

  private Path blockOf(Path where) throws Exception {
    BlockTraceStore store = open(where, 100_000);
    for (int t = 1; t <= 20; t++) {
      store.add(richTrace(t, 5));
    }
    store.cutNow();
    await().until(() -> store.blocks().containsKey(0));
    store.close();
    try (Stream<Path> files = Files.list(where)) {
      return files.filter(f -> f.toString().endsWith(".block")).findFirst().orElseThrow();
    }
  }

  @Test
  void setsATornBlockAsideAndKeepsTheRest() throws Exception {
    Path block = blockOf(folder.resolve("torn"));
    byte[] whole = Files.readAllBytes(block);
    Random random = new Random(11);
    for (int round = 0; round < 200; round++) {
      Path where = Files.createDirectories(folder.resolve("torn-" + round));
      Files.write(
          where.resolve(block.getFileName()),
          slice(whole, round == 0 ? 0 : random.nextInt(whole.length)));
      BlockTraceStore store = open(where, 100_000);
      assertThat(store.search(TraceQuery.latest(10))).isEmpty();
      assertThat(store.failures()).isEqualTo(1);
      store.add(List.of(rich(9, 1, 0, 1)));
      assertThat(store.search(TraceQuery.latest(10))).hasSize(1);
      assertThat(Files.exists(where.resolve(block.getFileName() + ".broken"))).isTrue();
      store.close();
    }
  }

  /** A byte that turned: an error, or the right answer, but never a wrong one. */
  @Test
  void neverGivesWhatABrokenBlockDoesNotHold() throws Exception {
    Path block = blockOf(folder.resolve("flipped"));
    byte[] whole = Files.readAllBytes(block);
    Random random = new Random(12);
    int refused = 0;
    for (int round = 0; round < 300; round++) {
      byte[] changed = whole.clone();
      changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
      Path file = folder.resolve("changed-" + round + ".block");
      Files.write(file, changed);
      try (Block open = Block.open(file)) {
        for (int t = 1; t <= 20; t++) {
          List<Span> expected = richTrace(t, 5);
          List<Span> found = open.find(TraceId.of(expected.getFirst()));
          // A bit of a filter or of the index can hide a trace, but not change it.
          assertThat(found)
              .satisfiesAnyOf(f -> assertThat(f).isEmpty(), f -> assertThat(f).isEqualTo(expected));
        }
      } catch (BrokenDataException | IOException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(200);
  }

  @Test
  void leavesNothingOfWhatACrashLeftOver() throws Exception {
    Path block = blockOf(folder);
    byte[] whole = Files.readAllBytes(block);
    Files.write(folder.resolve(Block.name(77) + Block.UNFINISHED), slice(whole, 100));
    // A segment whose spans are in the block already, as when the crash came before its deletion.
    Files.createDirectories(folder.resolve("wal"));
    Files.write(folder.resolve("wal/000000000001.wal"), new byte[] {0, 0, 0});

    BlockTraceStore store = open(folder, 100_000);

    assertThat(store.search(TraceQuery.latest(100))).hasSize(20);
    assertThat(Files.exists(folder.resolve(Block.name(77) + Block.UNFINISHED))).isFalse();
    assertThat(Files.exists(folder.resolve("wal/000000000001.wal"))).isFalse();
  }

  @Test
  void letsTheOldestBlocksGoAboveTheSizeAndTheAge() throws Exception {
    BlockTraceStore unbounded = open(folder, 100);
    for (int t = 1; t <= 200; t++) {
      unbounded.add(richTrace(t, 20));
    }
    unbounded.cutNow();
    await().untilAsserted(() -> assertThat(unbounded.blocks()).containsEntry(2, 2));
    unbounded.close();
    long size = folderSize(folder);

    BlockTraceStore store = open(folder, 100, LONG, size * 3 / 4);
    await()
        .untilAsserted(
            () -> {
              assertThat(store.usage().evictedTraces()).isPositive();
              assertThat(folderSize(folder)).isLessThanOrEqualTo(size * 3 / 4);
            });
    assertThat(store.find(new TraceId(7, 3))).isEmpty();
    assertThat(store.find(new TraceId(0, 200))).isPresent();
    store.close();

    BlockTraceStore shortLived = open(folder, 100, Duration.ofMinutes(1), 1L << 40);
    await().untilAsserted(() -> assertThat(shortLived.blocks()).isEmpty());
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(PATIENCE);
  }

  private static long folderSize(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".block"))
          .mapToLong(
              f -> {
                try {
                  return Files.size(f);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .sum();
    }
  }

  @Test
  void passesOverHalfARecordAtTheEndOfTheLog() throws Exception {
    Path log = folder.resolve("wal");
    BlockTraceStore store = open(folder, 100_000);
    store.add(List.of(rich(1, 1, 0, 1)));
    store.close();
    // Half a record at the end, as a write that failed would leave it where it cannot be taken
    // back.
    try (FileChannel channel = FileChannel.open(only(log), StandardOpenOption.APPEND)) {
      channel.write(ByteBuffer.wrap(new byte[] {0, 0, 1, 0, 5, 5}));
    }

    assertThat(open(folder, 100_000).search(TraceQuery.latest(10))).hasSize(1);
  }

  @Test
  void takesFewBytesASpan() throws Exception {
    BlockTraceStore store = open(folder, 20_000);
    Random random = new Random(3);
    List<Span> batch = new ArrayList<>();
    for (int t = 1; t <= 2_000; t++) {
      for (int i = 1; i <= 10; i++) {
        batch.add(
            new Span(
                0,
                t,
                random.nextLong(),
                i == 1 ? 0 : random.nextLong(),
                "GET /api/" + i,
                Span.Kind.SERVER,
                1_700_000_000_000_000_000L + t * 1_000_000L + random.nextInt(1_000_000),
                1_700_000_000_100_000_000L + t * 1_000_000L + random.nextInt(50_000_000),
                Map.of(
                    "http.method",
                    "GET",
                    "http.status_code",
                    random.nextInt(10) == 0 ? 500L : 200L,
                    "http.route",
                    "/api/" + i,
                    "user.id",
                    "user-" + random.nextInt(50_000),
                    "net.peer.port",
                    8_080L,
                    "component",
                    "servlet",
                    "region",
                    "eu-" + random.nextInt(3),
                    "tier",
                    "gold",
                    "retry",
                    false,
                    "version",
                    "v" + random.nextInt(4)),
                List.of(),
                List.of(),
                Span.Status.UNSET,
                "",
                "",
                Map.of("service.name", "svc-" + i, "pod", "svc-" + i + "-0"),
                "scope"));
      }
    }
    Collections.shuffle(batch, random);
    store.add(batch);
    await().until(() -> store.blocks().containsKey(0));

    // Ids, a random parent among them, are 34 bytes that nothing compresses.
    assertThat(folderSize(folder) / 20_000.0).isLessThan(120);
  }
}
