// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HeaderEdits.Edit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Applies header edits: removals of a level first, then what replaces, then what is added. A value
 * that its operators leave empty changes nothing.
 */
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
    if (add.isEmpty()) {
      return;
    }
    // All is decided by what was there before, so that edits of one level do not see each other.
    List<Edit> added = new ArrayList<>(add.size());
    List<Edit> replaced = new ArrayList<>(add.size());
    for (Edit edit : add) {
      boolean there = headers.has(edit.name());
      String value = expand.apply(edit.value());
      if (value.isEmpty()) {
        continue;
      }
      switch (edit.mode()) {
        case APPEND -> added.add(new Edit(edit.name(), value, edit.mode()));
        case ADD_IF_ABSENT -> {
          if (!there) {
            added.add(new Edit(edit.name(), value, edit.mode()));
          }
        }
        case OVERWRITE -> replaced.add(new Edit(edit.name(), value, edit.mode()));
        case OVERWRITE_IF_PRESENT -> {
          if (there) {
            replaced.add(new Edit(edit.name(), value, edit.mode()));
          }
        }
      }
    }
    for (Edit edit : replaced) {
      headers.set(edit.name(), edit.value());
    }
    for (Edit edit : added) {
      headers.add(edit.name(), edit.value());
    }
  }
}
