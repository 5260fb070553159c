// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.bench.DataplaneBench;
import io.flotilla.cli.bench.Row;
import io.flotilla.cli.bench.StartBench;
import io.flotilla.cli.mesh.MeshException;
import io.flotilla.cli.mesh.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures against goals. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description =
        "Measures, and exits with 1 if a goal is missed. Its progress goes to standard error.")
final class BenchCommand implements Callable<Integer> {
  private static final int OFFSET = 700;

  /** What can be measured. */
  enum Name {
    start,
    dataplane,
    soak
  }

  @Mixin MeshOption mesh = new MeshOption();

  @Parameters(paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}.")
  Name name = Name.start;

  @Option(names = "--runs", paramLabel = "N", defaultValue = "3", description = "3 when absent.")
  int runs;

  @Option(
      names = "--envoy",
      paramLabel = "PATH",
      description = "Compare with a mesh whose proxies are Envoys.")
  @Nullable Path envoy;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "8",
      description = "Of each round of bench dataplane, of all of bench soak; 8 when absent.")
  int seconds;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}; text when absent.")
  Output output = Output.text;

  @Override
  public Integer call() throws IOException {
    List<Row> rows =
        switch (name) {
          case start ->
              new StartBench(
                      mesh.home,
                      mesh.offset == 0 ? OFFSET : mesh.offset,
                      new Progress(System.err, false))
                  .run(Math.max(1, runs), envoy);
          case dataplane ->
              new DataplaneBench(
                      mesh.home,
                      mesh.offset == 0 ? OFFSET : mesh.offset,
                      new Progress(System.err, false),
                      seconds)
                  .run(Math.max(1, runs), peer());
          case soak ->
              new DataplaneBench(
                      mesh.home,
                      mesh.offset == 0 ? OFFSET : mesh.offset,
                      new Progress(System.err, false),
                      seconds)
                  .soak();
        };
    output.print(rows, () -> rows.forEach(BenchCommand::print));
    return rows.stream().allMatch(Row::met) ? 0 : 1;
  }

  private Path peer() {
    if (envoy == null) {
      throw new MeshException("bench dataplane compares with Envoy: name its binary by --envoy.");
    }
    return envoy.toAbsolutePath();
  }

  private static void print(Row row) {
    System.out.printf(
        "%s  %-54s %8.2f %s%s%s  (n %d, spread %.2f, load %.1f)%n",
        row.met() ? "✓" : "✗",
        row.what(),
        row.ours(),
        row.unit(),
        row.goal() == null ? "" : ", goal %.1f".formatted(row.goal()),
        row.peer() == null ? "" : ", peer %.2f, ratio %.2f".formatted(row.peer(), row.ratio()),
        row.n(),
        row.spread(),
        row.loadAverage());
  }
}
