// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HeaderEdits.Edit;
import java.util.List;
import java.util.function.UnaryOperator;

/** Applies header edits: removals of a level first, then its additions. */
public final class EditRule {
  private EditRule() {}

  /** The headers that edits change. Names compare without case. */
  public interface Headers {
    boolean has(String name);

    void add(String name, String value);

    /** Replaces all values, or adds. */
    void set(String name, String value);

    void remove(String name);
  }

  /** Edits a request. {@code expand} turns a value's operators ("%REQ(x)%") into text. */
  public static void request(HeaderEdits edits, Headers headers, UnaryOperator<String> expand) {
    apply(edits.requestRemove(), edits.requestAdd(), headers, expand);
  }

  /** Edits an answer. */
  public static void response(HeaderEdits edits, Headers headers, UnaryOperator<String> expand) {
    apply(edits.responseRemove(), edits.responseAdd(), headers, expand);
  }

  private static void apply(
      List<String> remove, List<Edit> add, Headers headers, UnaryOperator<String> expand) {
    for (String name : remove) {
      headers.remove(name);
    }
    for (Edit edit : add) {
      boolean there = headers.has(edit.name());
      switch (edit.mode()) {
        case APPEND -> headers.add(edit.name(), expand.apply(edit.value()));
        case ADD_IF_ABSENT -> {
          if (!there) {
            headers.add(edit.name(), expand.apply(edit.value()));
          }
        }
        case OVERWRITE -> headers.set(edit.name(), expand.apply(edit.value()));
        case OVERWRITE_IF_PRESENT -> {
          if (there) {
            headers.set(edit.name(), expand.apply(edit.value()));
          }
        }
      }
    }
  }
}
