// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What became of a request on one side.
 *
 * @param log the fields of {@link World#LOG_FORMAT} but the first
 */
record Observation(
    Wire.Answer answer,
    List<Backends.Seen> attempts,
    List<Backends.Seen> shadows,
    List<String> log) {
  /** Headers that differ for reasons of time or chance alone: that they are there is compared. */
  private static final Set<String> BY_CHANCE =
      Set.of("date", "x-envoy-upstream-service-time", "x-request-id");

  private static final Pattern MADE = Pattern.compile("=\"[0-9a-f]+\"");

  /** What a retry tells of the time that is left. */
  private static final Set<String> TIME_LEFT =
      Set.of("grpc-timeout", "x-envoy-expected-rq-timeout-ms");

  // A cookie that a proxy made hashes to an endpoint of that proxy's choice.
  // Nobody is told of it where no upstream answers.
  private boolean madeCookie(Wire.Request request) {
    boolean untold =
        !flags().equals("-")
            && World.HASHED.contains(cluster())
            && request.headers().stream().noneMatch(f -> f.value().contains("c1="));
    return untold
        || answer.headers().stream()
            .anyMatch(f -> f.name().equals("set-cookie") && MADE.matcher(f.value()).find());
  }

  String flags() {
    return Stream.of(log.get(1).split(",")).sorted().collect(Collectors.joining(","));
  }

  String cluster() {
    return log.get(2);
  }

  String endpoint() {
    return log.get(3);
  }

  /**
   * The aspects in which this and {@code ours} differ, each "aspect: Envoy's -> ours".
   *
   * @param request what both were asked
   */
  List<String> differences(Observation ours, Wire.Request request) {
    List<String> out = new ArrayList<>();
    compare(out, "status", answer.status(), ours.answer.status());
    compare(out, "flags", flags(), ours.flags());
    compare(out, "cluster", cluster(), ours.cluster());
    compare(out, "route", log.get(4), ours.log.get(4));
    compare(out, "attempts", log.get(5), ours.log.get(5));
    compare(out, "logged status", log.get(0), ours.log.get(0));
    boolean spread = World.SPREAD.contains(cluster()) || madeCookie(request);
    if (!spread) {
      compare(out, "endpoint", endpoint(), ours.endpoint());
      compare(out, "body", text(answer.body()), text(ours.answer.body()));
      compare(
          out,
          "backends",
          attempts.stream().map(Backends.Seen::backend).toList(),
          ours.attempts.stream().map(Backends.Seen::backend).toList());
    }
    headers(out, "answer", answer.headers(), ours.answer.headers(), Set.of());
    boolean told = request.headers().stream().anyMatch(f -> f.name().equals("x-request-id"));
    seen(out, "backend", attempts, ours.attempts, told, spread);
    seen(out, "shadow", shadows, ours.shadows, told, false);
    return out;
  }

  private void seen(
      List<String> out,
      String what,
      List<Backends.Seen> theirs,
      List<Backends.Seen> mine,
      boolean told,
      boolean spread) {
    compare(out, what + " requests", theirs.size(), mine.size());
    for (int i = 0; i < Math.min(theirs.size(), mine.size()); i++) {
      compare(out, what + " line", theirs.get(i).line(), mine.get(i).line());
      compare(out, what + " body", theirs.get(i).body(), mine.get(i).body());
      headers(
          out,
          what,
          at(theirs.get(i).headers(), i, spread),
          at(mine.get(i).headers(), i, spread),
          told ? Set.of("x-request-id") : Set.of());
    }
  }

  // What a retry has left of its time, and the name of an endpoint that chance chose, may differ.
  private static List<Wire.Field> at(List<Wire.Field> fields, int attempt, boolean spread) {
    List<Wire.Field> out = new ArrayList<>();
    for (Wire.Field f : fields) {
      boolean left = attempt > 0 && TIME_LEFT.contains(f.name());
      boolean drawn = spread && f.name().equals("host") && f.value().startsWith("backend-");
      out.add(left || drawn ? new Wire.Field(f.name(), "...") : f);
    }
    return out;
  }

  private static void headers(
      List<String> out,
      String what,
      List<Wire.Field> theirs,
      List<Wire.Field> mine,
      Set<String> exactly) {
    Map<String, List<String>> a = folded(theirs, exactly);
    Map<String, List<String>> b = folded(mine, exactly);
    Set<String> names = new TreeSet<>(a.keySet());
    names.addAll(b.keySet());
    for (String name : names) {
      compare(out, what + " header " + name, a.get(name), b.get(name));
    }
  }

  private static Map<String, List<String>> folded(List<Wire.Field> fields, Set<String> exactly) {
    Map<String, List<String>> out = new TreeMap<>();
    for (Wire.Field f : fields) {
      if (f.name().equals("x-pair")) {
        continue;
      }
      boolean byChance = BY_CHANCE.contains(f.name()) && !exactly.contains(f.name());
      String value =
          f.name().equals("set-cookie")
              ? MADE.matcher(f.value()).replaceFirst("=\"...\"")
              : f.value();
      List<String> values = out.computeIfAbsent(f.name(), n -> new ArrayList<>());
      // Envoy makes the same cookie anew for each attempt.
      if (value.equals(f.value()) || byChance || !values.contains(value)) {
        values.add(byChance ? "..." : value);
      }
    }
    return out;
  }

  private static String text(String body) {
    return body.length() > 200 ? body.substring(0, 200) : body;
  }

  private static void compare(List<String> out, String aspect, Object theirs, Object mine) {
    if (!Objects.equals(theirs, mine)) {
      out.add(aspect + ": " + theirs + " -> " + mine);
    }
  }
}
