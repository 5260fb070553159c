// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.format.Operator;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.AccessLog.Format;
import io.flotilla.model.listener.AccessLog.Sink;
import io.flotilla.model.listener.LogFilter;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The access logs of an engine: formats parsed once, one writer per file. */
public final class AccessLogs implements AutoCloseable {
  private static final int MAX_FORMATS = 4096;
  private static final Set<Operator> TIMED =
      EnumSet.of(
          Operator.COMMON_DURATION,
          Operator.REQUEST_DURATION,
          Operator.REQUEST_TX_DURATION,
          Operator.RESPONSE_DURATION,
          Operator.RESPONSE_TX_DURATION,
          Operator.ROUTE_RESOLUTION_TIME_US,
          Operator.UPSTREAM_CONNECTION_POOL_READY_DURATION);
  private static final Set<Operator> SIZED =
      EnumSet.copyOf(
          EnumSet.allOf(Operator.class).stream()
              .filter(o -> o.name().contains("WIRE_BYTES") || o.name().contains("HEADER_BYTES"))
              .toList());

  private static final Set<Operator> ATTEMPTS =
      EnumSet.of(
          Operator.UPSTREAM_HOSTS_ATTEMPTED,
          Operator.UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT,
          Operator.UPSTREAM_HOST_NAMES_ATTEMPTED,
          Operator.UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT,
          Operator.UPSTREAM_CONNECTION_IDS_ATTEMPTED);

  private final Map<String, LogFile> files = new ConcurrentHashMap<>();
  // By identity: a list is compared once a request.
  private final Map<List<AccessLog>, Plan> plans = new IdentityHashMap<>();
  private final Map<String, LogFormat> formats = new HashMap<>();

  private interface Line {
    String of(LogSource source);
  }

  private record Entry(Predicate<LogSource> filter, Line line, LogFile file) {}

  /** Logs made ready for the requests or connections of one place. */
  public static final class Plan {
    /** Of no log at all. */
    public static final Plan NONE = new Plan(List.of(), false, false, false);

    private final List<Entry> entries;
    private final boolean timed;
    private final boolean sized;
    private final boolean namesAttempts;

    private Plan(List<Entry> entries, boolean timed, boolean sized, boolean namesAttempts) {
      this.entries = entries;
      this.timed = timed;
      this.sized = sized;
      this.namesAttempts = namesAttempts;
    }

    /** Whether a log asks when things happened, which costs a look at the clock each. */
    public boolean isTimed() {
      return timed;
    }

    /** Whether a log asks how many bytes heads took, which costs a walk over each. */
    public boolean isSized() {
      return sized;
    }

    /** Whether a log asks for all that was tried, and not just what was tried last. */
    public boolean namesAttempts() {
      return namesAttempts;
    }

    /** Writes one line to each log. Called on the engine's event loop; never blocks. */
    public void write(LogSource source) {
      for (int i = 0; i < entries.size(); i++) {
        Entry entry = entries.get(i);
        if (entry.filter.test(source)) {
          entry.file.offer(entry.line.of(source));
        }
      }
    }
  }

  /** Makes logs ready; the same list gives the same plan. Called on the engine's event loop. */
  public Plan plan(List<AccessLog> logs) {
    if (logs.isEmpty()) {
      return Plan.NONE;
    }
    Plan plan = plans.get(logs);
    if (plan == null) {
      if (plans.size() >= MAX_FORMATS) {
        plans.clear();
      }
      plan =
          new Plan(
              logs.stream().map(this::entry).toList(),
              logs.stream().anyMatch(log -> asks(log, TIMED)),
              logs.stream().anyMatch(log -> asks(log, SIZED)),
              logs.stream().anyMatch(log -> asks(log, ATTEMPTS)));
      plans.put(logs, plan);
    }
    return plan;
  }

  private static boolean asks(AccessLog log, Set<Operator> what) {
    return switch (log.sink()) {
      case Sink.File f ->
          switch (f.format()) {
            case Format.Text t -> t.format().operators().stream().anyMatch(what::contains);
            case Format.Json j -> j.fields().operators().stream().anyMatch(what::contains);
          };
    };
  }

  /** A header's value with its operators filled in. Called on the engine's event loop. */
  public String header(String value, LogSource source) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    LogFormat format = formats.get(value);
    if (format == null) {
      if (formats.size() >= MAX_FORMATS) {
        formats.clear();
      }
      format = headerFormat(value);
      formats.put(value, format);
    }
    return format.header(source);
  }

  // What cannot be understood stands for itself.
  private static LogFormat headerFormat(String value) {
    try {
      return LogFormat.parse(value);
    } catch (InvalidModelException e) {
      return LogFormat.parse(value.replace("%", "%%"));
    }
  }

  /** Lines that could not be written. */
  public long dropped() {
    return files.values().stream().mapToLong(LogFile::dropped).sum();
  }

  private Entry entry(AccessLog log) {
    Predicate<LogSource> filter = log.filter().map(AccessLogs::filter).orElse(s -> true);
    return switch (log.sink()) {
      case Sink.File f ->
          new Entry(filter, line(f.format()), files.computeIfAbsent(f.path(), LogFile::new));
    };
  }

  private static Line line(Format format) {
    return switch (format) {
      case Format.Text t -> {
        LogFormat text =
            t.format().text().isEmpty()
                ? LogFormat.parse(LogFormat.DEFAULT)
                : LogFormat.of(t.format());
        String unknown = t.omitEmpty() ? "" : "-";
        yield source -> text.text(source, unknown);
      }
      case Format.Json j -> new JsonLine(j.fields(), j.omitEmpty())::of;
    };
  }

  private static Predicate<LogSource> filter(LogFilter filter) {
    return switch (filter) {
      case LogFilter.ResponseFlags r ->
          r.flags().isEmpty()
              ? s -> !s.responseFlags().isEmpty()
              : s -> s.responseFlags().stream().anyMatch(r.flags()::contains);
    };
  }

  @Override
  public void close() {
    files.values().forEach(LogFile::close);
  }
}
