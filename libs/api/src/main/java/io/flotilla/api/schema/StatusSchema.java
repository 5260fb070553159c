// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The status that all of Istio's kinds have (istio.io/api meta/v1alpha1). */
final class StatusSchema {
  private StatusSchema() {}

  static Map<String, Object> schema() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("type", "object");
    status.put("x-kubernetes-preserve-unknown-fields", true);
    status.put(
        "properties",
        ordered(
            "conditions",
            list(
                "What is known about the object's state.",
                ordered(
                    "lastProbeTime",
                    time("When it was last looked at."),
                    "lastTransitionTime",
                    time("When the condition last changed."),
                    "message",
                    string("For people."),
                    "observedGeneration",
                    number("The generation that was looked at."),
                    "reason",
                    string("In one word."),
                    "status",
                    string("True, False or Unknown."),
                    "type",
                    string("Which condition."))),
            "observedGeneration",
            number("The generation that was looked at."),
            "validationMessages",
            list(
                "What analysis found.",
                ordered(
                    "documentationUrl",
                    string("Where more is said."),
                    "level",
                    level(),
                    "type",
                    ordered(
                        "type",
                        "object",
                        "properties",
                        ordered(
                            "code", string("The code, IST0101."),
                            "name", string("The name of the finding.")))))));
    return status;
  }

  private static Map<String, Object> level() {
    Map<String, Object> level = new LinkedHashMap<>(string("How grave it is."));
    level.put("enum", List.of("UNKNOWN", "ERROR", "WARNING", "INFO"));
    return level;
  }

  private static Map<String, Object> list(String description, Map<String, Object> properties) {
    return ordered(
        "type",
        "array",
        "description",
        description,
        "items",
        ordered("type", "object", "properties", properties));
  }

  private static Map<String, Object> string(String description) {
    return ordered("type", "string", "description", description);
  }

  private static Map<String, Object> time(String description) {
    return ordered("type", "string", "format", "date-time", "description", description);
  }

  private static Map<String, Object> number(String description) {
    return ordered(
        "description",
        description,
        "x-kubernetes-int-or-string",
        true,
        "anyOf",
        List.of(ordered("type", "integer"), ordered("type", "string")));
  }

  // In the order written: Map.of gives another order in each JVM, and the files would change with
  // it.
  private static Map<String, Object> ordered(Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }
}
