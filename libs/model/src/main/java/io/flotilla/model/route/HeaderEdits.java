// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import java.util.List;
import java.util.Locale;

/**
 * Changes to request and response headers. Removals come before additions of the same level.
 *
 * @param requestRemove lower-case names
 * @param responseRemove lower-case names
 */
public record HeaderEdits(
    List<Edit> requestAdd,
    List<String> requestRemove,
    List<Edit> responseAdd,
    List<String> responseRemove) {
  public static final HeaderEdits NONE =
      new HeaderEdits(List.of(), List.of(), List.of(), List.of());

  public HeaderEdits {
    requestAdd = List.copyOf(requestAdd);
    requestRemove = requestRemove.stream().map(n -> n.toLowerCase(Locale.ROOT)).toList();
    responseAdd = List.copyOf(responseAdd);
    responseRemove = responseRemove.stream().map(n -> n.toLowerCase(Locale.ROOT)).toList();
  }

  /** Whether nothing is changed. */
  public boolean isEmpty() {
    return requestAdd.isEmpty()
        && requestRemove.isEmpty()
        && responseAdd.isEmpty()
        && responseRemove.isEmpty();
  }

  /** What happens when the header is there already. */
  public enum Mode {
    APPEND,
    ADD_IF_ABSENT,
    OVERWRITE,
    OVERWRITE_IF_PRESENT
  }

  /**
   * One header to write.
   *
   * @param value may hold access-log operators ("%REQ(x)%")
   */
  public record Edit(String name, String value, Mode mode) {
    public Edit {
      Checks.notEmpty(name, "name of a header to add");
    }
  }
}
