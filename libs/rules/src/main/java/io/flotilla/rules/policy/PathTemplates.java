// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import com.google.re2j.Pattern;
import io.flotilla.model.InvalidModelException;
import io.flotilla.rules.match.CompiledMatch;
import java.util.regex.Matcher;

/**
 * Envoy's URI templates (extensions.path.match.uri_template.v3): "*" is one segment, "**" any text,
 * "{name}" a segment, "{name=...}" what stands after "=".
 */
final class PathTemplates {
  private static final String LITERAL = "a-zA-Z0-9\\-._~%!$&'()+,;:@=*";
  private static final java.util.regex.Pattern VARIABLE =
      java.util.regex.Pattern.compile("\\{([a-zA-Z][a-zA-Z0-9_]*)(?:=([^{}]+))?}");

  private PathTemplates() {}

  static Pattern compile(String template) {
    if (!template.startsWith("/")) {
      throw new InvalidModelException("the path template '" + template + "' must start with '/'");
    }
    Matcher variables = VARIABLE.matcher(template);
    String plain =
        variables.replaceAll(m -> Matcher.quoteReplacement(m.group(2) == null ? "*" : m.group(2)));
    StringBuilder regex = new StringBuilder();
    for (String segment : plain.substring(1).split("/", -1)) {
      regex.append('/');
      switch (segment) {
        case "*" -> regex.append('[').append(LITERAL).append("]+");
        case "**" -> regex.append('[').append(LITERAL).append("/]*");
        default -> {
          if (segment.indexOf('*') >= 0 || segment.indexOf('{') >= 0 || segment.indexOf('}') >= 0) {
            throw new InvalidModelException(
                "the segment '"
                    + segment
                    + "' of the path template '"
                    + template
                    + "' must be literal text, '*' or '**'");
          }
          regex.append(Pattern.quote(segment));
        }
      }
    }
    return CompiledMatch.regex(regex.toString());
  }
}
