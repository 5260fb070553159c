// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.flotilla.model.format.JsonFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** JSON with command operators, ready to be filled in. */
final class JsonLine {
  private final Node root;
  private final boolean omitEmpty;
  private final String unknown;

  JsonLine(JsonFormat.Fields fields, boolean omitEmpty) {
    this.omitEmpty = omitEmpty;
    this.unknown = omitEmpty ? "" : "-";
    this.root = node(fields);
  }

  /** Writes a value; gives false, and writes nothing, if there is none to be written. */
  private interface Node {
    boolean write(LogSource source, String before, StringBuilder out);
  }

  private Node node(JsonFormat format) {
    return switch (format) {
      case JsonFormat.Text t -> {
        LogFormat text = LogFormat.of(t.format());
        yield (source, before, out) -> value(text.value(source, unknown), before, out);
      }
      case JsonFormat.Num n -> (source, before, out) -> value(n.value(), before, out);
      case JsonFormat.Flag f -> (source, before, out) -> value(f.value(), before, out);
      case JsonFormat.Nothing n -> (source, before, out) -> value(null, before, out);
      case JsonFormat.Fields f -> {
        Map<String, Node> nodes = new TreeMap<>();
        f.fields().forEach((name, each) -> nodes.put(quoted(name), node(each)));
        yield (source, before, out) -> {
          out.append(before).append('{');
          String next = "";
          for (Map.Entry<String, Node> each : nodes.entrySet()) {
            if (each.getValue().write(source, next + each.getKey() + ":", out)) {
              next = ",";
            }
          }
          out.append('}');
          return true;
        };
      }
      case JsonFormat.Items i -> {
        List<Node> nodes = new ArrayList<>();
        i.items().forEach(each -> nodes.add(node(each)));
        yield (source, before, out) -> {
          out.append(before).append('[');
          String next = "";
          for (Node each : nodes) {
            if (each.write(source, next, out)) {
              next = ",";
            }
          }
          out.append(']');
          return true;
        };
      }
    };
  }

  private boolean value(@Nullable Object value, String before, StringBuilder out) {
    if (value == null && omitEmpty) {
      return false;
    }
    out.append(before);
    JsonText.value(value, out);
    return true;
  }

  private static String quoted(String name) {
    StringBuilder out = new StringBuilder();
    JsonText.quote(name, out);
    return out.toString();
  }

  String of(LogSource source) {
    StringBuilder out = new StringBuilder(512);
    root.write(source, "", out);
    return out.append('\n').toString();
  }
}
