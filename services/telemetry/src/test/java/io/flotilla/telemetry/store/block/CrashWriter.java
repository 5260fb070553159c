// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import io.flotilla.telemetry.api.Span;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A process that stores one trace after the other, three spans each in two batches, and says which
 * it was told are stored; until it is killed. Arguments: the folder, and the first trace.
 */
final class CrashWriter {
  static final Duration FOR_EVER = Duration.ofDays(36_500);

  private CrashWriter() {}

  static BlockTraceStore open(Path folder) {
    return new BlockTraceStore(
        folder, new BlockStoreBounds(60, 1L << 40, FOR_EVER, 10_000, FOR_EVER, 1L << 40));
  }

  static List<Span> trace(long trace) {
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      spans.add(
          new Span(
              0,
              trace,
              i,
              i - 1,
              "op",
              Span.Kind.SERVER,
              1_700_000_000_000_000_000L + trace,
              1_700_000_000_000_000_000L + trace + i,
              Map.of("trace", trace),
              List.of(),
              List.of(),
              Span.Status.UNSET,
              "",
              "",
              Map.of("service.name", "svc-" + i),
              ""));
    }
    return spans;
  }

  @SuppressWarnings("InfiniteLoopStatement")
  public static void main(String[] arguments) throws IOException {
    BlockTraceStore store = open(Path.of(arguments[0]));
    for (long trace = Long.parseLong(arguments[1]); ; trace++) {
      store.add(trace(trace).subList(0, 2));
      store.add(trace(trace).subList(2, 3));
      System.out.write((trace + "\n").getBytes());
      System.out.flush();
    }
  }
}
