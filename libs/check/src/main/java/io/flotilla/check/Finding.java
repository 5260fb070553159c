// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check;

import io.flotilla.api.Origin;
import io.flotilla.api.PassedBy;
import io.flotilla.api.Rejection;
import io.flotilla.api.Resource;
import java.util.Locale;

/**
 * Something about the configuration that its author should know.
 *
 * @param object "VirtualService default/reviews"; may be empty for a file that cannot be read
 * @param message one sentence: what is so
 * @param remedy one sentence: what to do about it; may be empty if the message says it
 * @param rejects whether the document has no effect; otherwise the object is in force all the same
 */
public record Finding(
    Code code, String object, Origin origin, String message, String remedy, boolean rejects) {

  /** About a resource that is in force. */
  public static Finding about(Resource<?> resource, Code code, String message, String remedy) {
    return new Finding(code, resource.description(), resource.origin(), message, remedy, false);
  }

  /** The verdict on a document that was refused. */
  public static Finding of(Rejection rejection) {
    return new Finding(
        Code.SCHEMA_VALIDATION_ERROR,
        rejection.object(),
        new Origin(rejection.origin().file(), rejection.line()),
        "Schema validation error: " + rejection.reason(),
        "",
        true);
  }

  /** About a document from which its author may expect an effect that it does not have. */
  public static Finding of(PassedBy passedBy) {
    return new Finding(
        Code.NOT_ACTED_ON,
        passedBy.object(),
        passedBy.origin(),
        passedBy.object() + " has no effect: " + passedBy.reason(),
        "Remove it, or do not rely on it.",
        false);
  }

  public Level level() {
    return code.level();
  }

  /** "Error [IST0101] (VirtualService default/reviews reviews.yaml:1) Referenced host ...". */
  @Override
  public String toString() {
    String name = level().name();
    return name.charAt(0)
        + name.substring(1).toLowerCase(Locale.ROOT)
        + " ["
        + code.code()
        + "] ("
        + (object + " " + origin).strip()
        + ") "
        + message
        + (remedy.isEmpty() ? "" : " " + remedy);
  }
}
