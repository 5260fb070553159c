// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;

/** What becomes of the path; the query stays. */
public sealed interface PathRewrite {

  /** The matched prefix (or exact path) is replaced. */
  record ReplacePrefix(String value) implements PathRewrite {
    public ReplacePrefix {
      Checks.notEmpty(value, "prefix rewrite");
    }
  }

  /** The whole path is replaced. */
  record ReplaceFull(String value) implements PathRewrite {}

  /** RE2 with \1-style references in the substitution. */
  record ReplaceRegex(String regex, String substitution) implements PathRewrite {
    public ReplaceRegex {
      Checks.notEmpty(regex, "regex of a path rewrite");
    }
  }
}
