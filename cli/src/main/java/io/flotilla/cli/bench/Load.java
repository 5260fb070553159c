// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a load generator saw.
 *
 * @param requests that were answered as they should
 * @param p99 in milliseconds; not a number where the generator does not say
 */
record Load(long requests, double p99) {
  private static final Pattern WRK_REQUESTS = Pattern.compile("(\\d+) requests in");
  private static final Pattern WRK_BAD = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
  private static final Pattern WRK_P99 = Pattern.compile("(?m)^\\s+99%\\s+([\\d.]+)(us|ms|s)");
  private static final Pattern H2LOAD = Pattern.compile("(\\d+) succeeded, (\\d+) failed");

  /** Keep-alive GETs by wrk, on the first core. */
  static Load wrk(String url, String host, int connections, int seconds) throws IOException {
    String said =
        run(
            "wrk",
            "-t1",
            "-c" + connections,
            "-d" + seconds + "s",
            "--latency",
            "-H",
            "Host: " + host,
            url);
    long bad = number(WRK_BAD, said);
    Matcher p99 = WRK_P99.matcher(said);
    if (!p99.find() || bad > 0) {
      throw new IOException("wrk against " + url + " got " + bad + " wrong answers: " + said);
    }
    double unit =
        switch (p99.group(2)) {
          case "us" -> 1e-3;
          case "ms" -> 1;
          default -> 1e3;
        };
    return new Load(number(WRK_REQUESTS, said), Double.parseDouble(p99.group(1)) * unit);
  }

  /** Streams by h2load over HTTP/2 without TLS, on the first core. */
  static Load h2load(String url, String host, int connections, int streams, int seconds)
      throws IOException {
    String said =
        run(
            "h2load",
            "-t1",
            "-c" + connections,
            "-m" + streams,
            "-D" + seconds,
            "-H",
            ":authority: " + host,
            url);
    Matcher counts = H2LOAD.matcher(said);
    if (!counts.find() || !counts.group(2).equals("0")) {
      throw new IOException("h2load against " + url + " failed: " + said);
    }
    return new Load(Long.parseLong(counts.group(1)), Double.NaN);
  }

  /** Keep-alive GETs over HTTP/1.1 at a steady rate, by h2load, on the first core. */
  static Load paced(String url, String host, int connections, int rate, int seconds)
      throws IOException {
    Path log = Files.createTempFile("flotilla-bench", ".log");
    try {
      run(
          "h2load",
          "--h1",
          "-t1",
          "-c" + connections,
          "-D" + seconds,
          "--rps=" + rate / connections,
          "--log-file=" + log,
          "-H",
          ":authority: " + host,
          url);
      List<Long> micros = new ArrayList<>();
      for (String line : Files.readAllLines(log)) {
        String[] fields = line.split("\t");
        if (!fields[1].equals("200")) {
          throw new IOException("h2load against " + url + " got " + fields[1]);
        }
        micros.add(Long.parseLong(fields[2]));
      }
      if (micros.isEmpty()) {
        throw new IOException("h2load against " + url + " got no answer");
      }
      micros.sort(null);
      return new Load(micros.size(), micros.get((int) ((micros.size() - 1) * 0.99)) / 1e3);
    } finally {
      Files.deleteIfExists(log);
    }
  }

  private static long number(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  private static String run(String... command) throws IOException {
    List<String> pinned = new ArrayList<>(List.of("taskset", "-c", "0"));
    pinned.addAll(List.of(command));
    Process process = new ProcessBuilder(pinned).redirectErrorStream(true).start();
    try (var out = process.getInputStream()) {
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + " failed: " + said);
      }
      return said;
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
