// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.Checks;
import java.util.Map;

/** A log of requests or connections. */
public sealed interface AccessLog {

  /** Lines of text. */
  record Text(String path, String format) implements AccessLog {
    public Text {
      Checks.notEmpty(path, "path of an access log");
    }
  }

  /** A JSON object a line; values are formats. */
  record Json(String path, Map<String, String> fields) implements AccessLog {
    public Json {
      Checks.notEmpty(path, "path of an access log");
      fields = Map.copyOf(fields);
    }
  }
}
