// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.flotilla.model.format.FormatString;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A text with command operators, ready to be filled in. */
public final class LogFormat {
  /** What Envoy writes where no format is given. */
  static final String DEFAULT =
      "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\""
          + " %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION%"
          + " %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\""
          + " \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\""
          + " \"%UPSTREAM_HOST%\"\n";

  private static final String UNKNOWN = "-";

  private final List<Part> parts;

  private LogFormat(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** A piece of the text: gives its value, null for "not known". */
  interface Part {
    @Nullable Object of(LogSource source);
  }

  /** Reads a format; one that cannot be understood is refused by name. */
  public static LogFormat parse(String format) {
    return of(FormatString.parse(format));
  }

  /** Makes a format ready. */
  static LogFormat of(FormatString format) {
    List<Part> parts = new ArrayList<>();
    for (FormatString.Part part : format.parts()) {
      parts.add(
          switch (part) {
            case FormatString.Part.Literal l -> source -> l.text();
            case FormatString.Part.Command c -> Commands.part(c);
          });
    }
    return new LogFormat(parts);
  }

  /** The text; what is not known is "-". */
  public String text(LogSource source) {
    return text(source, UNKNOWN);
  }

  /** The text of a header: what is not known is left out. */
  public String header(LogSource source) {
    return text(source, "");
  }

  /**
   * The text.
   *
   * @param unknown stands for what is not known
   */
  String text(LogSource source, String unknown) {
    StringBuilder out = new StringBuilder(256);
    for (Part part : parts) {
      Object value = part.of(source);
      switch (value) {
        case null -> out.append(unknown);
        case String s -> out.append(s);
        case Number n -> out.append(n);
        default -> JsonText.value(value, out);
      }
    }
    return out.toString();
  }

  /** The value: of its own type if it is one operator, else the text. */
  @Nullable Object value(LogSource source, String unknown) {
    return parts.size() == 1 ? parts.getFirst().of(source) : text(source, unknown);
  }
}
