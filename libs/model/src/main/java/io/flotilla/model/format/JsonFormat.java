// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.format;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** JSON whose texts hold command operators. */
public sealed interface JsonFormat {

  /** The operators of its texts. */
  default Set<Operator> operators() {
    return switch (this) {
      case Text t -> t.format().operators();
      case Fields f -> of(f.fields().values());
      case Items i -> of(i.items());
      case Num n -> Set.of();
      case Flag f -> Set.of();
      case Nothing n -> Set.of();
    };
  }

  private static Set<Operator> of(Collection<JsonFormat> all) {
    Set<Operator> out = EnumSet.noneOf(Operator.class);
    all.forEach(each -> out.addAll(each.operators()));
    return out;
  }

  /** A text; one that is a single operator gives the operator's own type. */
  record Text(FormatString format) implements JsonFormat {}

  /** A number as it is. */
  record Num(double value) implements JsonFormat {}

  /** True or false. */
  record Flag(boolean value) implements JsonFormat {}

  /** Null. */
  record Nothing() implements JsonFormat {}

  /** An object. */
  record Fields(Map<String, JsonFormat> fields) implements JsonFormat {
    public Fields {
      fields = Collections.unmodifiableMap(new TreeMap<>(fields));
    }

    /** An object of texts. */
    public static Fields of(Map<String, String> formats) {
      Map<String, JsonFormat> out = new TreeMap<>();
      formats.forEach((name, format) -> out.put(name, new Text(FormatString.parse(format))));
      return new Fields(out);
    }
  }

  /** An array. */
  record Items(List<JsonFormat> items) implements JsonFormat {
    public Items {
      items = List.copyOf(items);
    }
  }
}
