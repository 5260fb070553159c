// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.Checks;
import io.flotilla.model.format.FormatString;
import io.flotilla.model.format.JsonFormat;
import java.util.Map;
import java.util.Optional;

/**
 * A log of requests or connections.
 *
 * @param filter which of them; empty: all
 */
public record AccessLog(Sink sink, Optional<LogFilter> filter) {

  /** Lines of text in a file; an empty format is the default one. */
  public static AccessLog text(String path, String format) {
    return new AccessLog(
        new Sink.File(path, new Format.Text(FormatString.parse(format), false)), Optional.empty());
  }

  /** A JSON object a line, of texts. */
  public static AccessLog json(String path, Map<String, String> fields) {
    return new AccessLog(
        new Sink.File(path, new Format.Json(JsonFormat.Fields.of(fields), false)),
        Optional.empty());
  }

  /** The same of those alone that pass a filter. */
  public AccessLog where(LogFilter which) {
    return new AccessLog(sink, Optional.of(which));
  }

  /** Where it goes. */
  public sealed interface Sink {
    /** A file, or "/dev/stdout" or "/dev/stderr". */
    record File(String path, Format format) implements Sink {
      public File {
        Checks.notEmpty(path, "path of an access log");
      }
    }
  }

  /** What a line looks like. */
  public sealed interface Format {
    /**
     * A text; an empty one is Envoy's default.
     *
     * @param omitEmpty whether what is not known is left out instead of written as "-"
     */
    record Text(FormatString format, boolean omitEmpty) implements Format {}

    /**
     * A JSON object and a line's end.
     *
     * @param omitEmpty whether fields that are not known are left out instead of null
     */
    record Json(JsonFormat.Fields fields, boolean omitEmpty) implements Format {}
  }
}
