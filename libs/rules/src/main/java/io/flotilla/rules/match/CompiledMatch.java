// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.match;

import com.google.re2j.Pattern;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.regex.InvalidRegexException;
import io.flotilla.rules.Paths;
import io.flotilla.rules.RequestView;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** Compiles predicates. Regular expressions are RE2's, which take linear time. */
public final class CompiledMatch {
  private CompiledMatch() {}

  /**
   * The pattern.
   *
   * @throws InvalidModelException naming the expression
   */
  public static Pattern regex(String regex) {
    try {
      return BoundedRegex.compile(regex);
    } catch (InvalidRegexException e) {
      throw new InvalidModelException(e.getMessage());
    }
  }

  /** Over a string. */
  public static Predicate<String> of(StringMatch match) {
    return switch (match) {
      case StringMatch.Exact m -> m.ignoreCase() ? m.value()::equalsIgnoreCase : m.value()::equals;
      case StringMatch.Prefix m ->
          m.ignoreCase()
              ? s -> s.regionMatches(true, 0, m.value(), 0, m.value().length())
              : s -> s.startsWith(m.value());
      case StringMatch.Suffix m ->
          s ->
              s.regionMatches(
                  m.ignoreCase(),
                  s.length() - m.value().length(),
                  m.value(),
                  0,
                  m.value().length());
      case StringMatch.Contains m -> {
        String lower = m.value().toLowerCase(Locale.ROOT);
        yield m.ignoreCase()
            ? s -> s.toLowerCase(Locale.ROOT).contains(lower)
            : s -> s.contains(m.value());
      }
      case StringMatch.Regex m -> {
        Pattern pattern = regex(m.regex());
        yield pattern::matches;
      }
    };
  }

  /** Over a request's header or pseudo header. */
  public static Predicate<RequestView> of(HeaderMatch match) {
    Predicate<String> value = match.value().map(CompiledMatch::of).orElse(s -> true);
    return request -> {
      List<String> values = values(request, match.name());
      if (values.isEmpty()) {
        // What is not there has no value, so that no value of it can be unlike another.
        return match.absentIsEmpty()
            ? value.test("") != match.invert()
            : match.value().isEmpty() && match.invert();
      }
      boolean any = false;
      for (String each : values) {
        any |= value.test(each);
      }
      return any != match.invert();
    };
  }

  private static List<String> values(RequestView request, String name) {
    return switch (name) {
      case ":method" -> List.of(request.method());
      case ":path" -> List.of(request.pathAndQuery());
      case ":authority", "host" -> List.of(request.authority());
      case ":scheme" -> List.of(request.scheme());
      default -> request.headers(name);
    };
  }

  /** Over a request's query. */
  public static Predicate<RequestView> of(QueryMatch match) {
    Predicate<String> value = match.value().map(CompiledMatch::of).orElse(s -> true);
    return request -> {
      // As it was sent: escapes stay, as Envoy leaves them.
      return Paths.queryParameter(request.pathAndQuery(), match.name()).filter(value).isPresent();
    };
  }

  /** Over a path without its query. */
  public static Predicate<String> of(PathMatch match, boolean caseSensitive) {
    return switch (match) {
      case PathMatch.Prefix m ->
          caseSensitive
              ? p -> p.startsWith(m.value())
              : p -> p.regionMatches(true, 0, m.value(), 0, m.value().length());
      case PathMatch.Exact m -> caseSensitive ? m.value()::equals : m.value()::equalsIgnoreCase;
      case PathMatch.Regex m -> {
        Pattern pattern = regex(m.regex());
        yield pattern::matches;
      }
      case PathMatch.PathSeparatedPrefix m ->
          p ->
              p.regionMatches(!caseSensitive, 0, m.value(), 0, m.value().length())
                  && (p.length() == m.value().length() || p.charAt(m.value().length()) == '/');
      case PathMatch.Connect m -> String::isEmpty;
    };
  }

  /** In words, for explanations: "equals 'x'". */
  public static String describe(StringMatch match) {
    return switch (match) {
      case StringMatch.Exact m -> "equals '" + m.value() + "'";
      case StringMatch.Prefix m -> "starts with '" + m.value() + "'";
      case StringMatch.Suffix m -> "ends with '" + m.value() + "'";
      case StringMatch.Contains m -> "contains '" + m.value() + "'";
      case StringMatch.Regex m -> "matches '" + m.regex() + "'";
    };
  }

  /** In words, for explanations: "the prefix '/x'". */
  public static String describe(PathMatch match) {
    return switch (match) {
      case PathMatch.Prefix m -> "the prefix '" + m.value() + "'";
      case PathMatch.Exact m -> "exactly '" + m.value() + "'";
      case PathMatch.Regex m -> "the expression '" + m.regex() + "'";
      case PathMatch.PathSeparatedPrefix m -> "what lies under '" + m.value() + "'";
      case PathMatch.Connect m -> "CONNECT";
    };
  }
}
