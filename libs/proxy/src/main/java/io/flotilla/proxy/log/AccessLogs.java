// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.flotilla.model.listener.AccessLog;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The access logs of an engine: formats parsed once, one writer per file. */
public final class AccessLogs implements AutoCloseable {
  private static final int MAX_FORMATS = 4096;

  private final Map<String, LogFile> files = new ConcurrentHashMap<>();
  private final Map<AccessLog, Line> lines = new HashMap<>();
  private final Map<String, LogFormat> formats = new HashMap<>();

  private interface Line {
    String of(LogSource source);
  }

  /** Writes one line to each log. Called on the engine's event loop; never blocks. */
  public void write(List<AccessLog> logs, LogSource source) {
    for (int i = 0; i < logs.size(); i++) {
      AccessLog log = logs.get(i);
      Line line = lines.get(log);
      if (line == null) {
        if (lines.size() >= MAX_FORMATS) {
          lines.clear();
        }
        line = compile(log);
        lines.put(log, line);
      }
      files.computeIfAbsent(path(log), LogFile::new).offer(line.of(source));
    }
  }

  /** A header's value with its operators filled in. Called on the engine's event loop. */
  public String header(String value, LogSource source) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    if (formats.size() >= MAX_FORMATS) {
      formats.clear();
    }
    return formats.computeIfAbsent(value, LogFormat::parse).header(source);
  }

  /** Lines that could not be written. */
  public long dropped() {
    return files.values().stream().mapToLong(LogFile::dropped).sum();
  }

  private static String path(AccessLog log) {
    return switch (log) {
      case AccessLog.Text t -> t.path();
      case AccessLog.Json j -> j.path();
    };
  }

  private static Line compile(AccessLog log) {
    return switch (log) {
      case AccessLog.Text t -> {
        LogFormat format =
            LogFormat.parse(t.format().isEmpty() ? LogFormat.ISTIO_DEFAULT : t.format());
        yield source -> {
          String text = format.text(source);
          return text.endsWith("\n") ? text : text + "\n";
        };
      }
      case AccessLog.Json j -> {
        Map<String, LogFormat> fields = new TreeMap<>();
        j.fields().forEach((name, format) -> fields.put(name, LogFormat.parse(format)));
        yield source -> json(fields, source);
      }
    };
  }

  private static String json(Map<String, LogFormat> fields, LogSource source) {
    StringBuilder out = new StringBuilder(512).append('{');
    fields.forEach(
        (name, format) -> {
          if (out.length() > 1) {
            out.append(',');
          }
          LogFormat.quote(name, out);
          out.append(':');
          format.json(source, out);
        });
    return out.append("}\n").toString();
  }

  @Override
  public void close() {
    files.values().forEach(LogFile::close);
  }
}
