// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.telemetry.store.Dependency;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that writes, again and again, at random moments. */
class BlockCrashIT {
  private static final int ROUNDS = Integer.getInteger("flotilla.crash.rounds", 5);

  @Test
  void findsEveryAcknowledgedSpanAfterKillsAtRandomMoments(@TempDir Path folder) throws Exception {
    Random random = new Random();
    long acknowledged = 0;
    for (int round = 1; round <= ROUNDS; round++) {
      long before = acknowledged;
      // What was under way when it died may be there or not; it begins with the next one.
      acknowledged = writeUntilKilled(folder, before + 2, random.nextInt(400));

      try (BlockTraceStore store = CrashWriter.open(folder)) {
        assertThat(store.failures()).as("broken files after round " + round).isZero();
        for (long trace = before + 2; trace <= acknowledged; trace++) {
          assertThat(store.find(new TraceId(0, trace)).orElseThrow().spans())
              .as("trace " + trace + ", acknowledged before kill " + round)
              .containsExactlyInAnyOrderElementsOf(CrashWriter.trace(trace));
        }
        // A kill may cut the trace under way apart, and each opening (two a round, and the first
        // finds nothing) the trace whose spans lie at both sides of the newest block's end.
        long apart = round + 2L * round - 1;
        long traces = store.search(TraceQuery.latest(1_000_000)).size();
        assertThat(store.dependencies(Instant.ofEpochSecond(1_700_000_060), Duration.ofHours(1)))
            .as("calls counted once, but for those that a kill or an opening cut apart")
            .extracting(Dependency::callCount)
            .allSatisfy(calls -> assertThat(calls).isBetween(traces - apart, traces));
      }
    }
    assertThat(acknowledged).as("something was written").isGreaterThan(ROUNDS);
  }

  /** The last trace that the process said is stored. */
  private static long writeUntilKilled(Path folder, long first, int millis) throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                CrashWriter.class.getName(),
                folder.toString(),
                Long.toString(first))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = writer.inputReader()) {
      long last = first - 1;
      String line = out.readLine();
      long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
      while (line != null) {
        last = Long.parseLong(line);
        if (System.nanoTime() > end) {
          writer.toHandle().destroyForcibly();
        }
        line = out.readLine();
      }
      return last;
    }
  }
}
