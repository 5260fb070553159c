// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A dictionary that is filled while something is written: each string once, by its number. */
final class Strings {
  private static final int STRING = 0;
  private static final int LONG = 1;
  private static final int DOUBLE = 2;
  private static final int FALSE = 3;
  private static final int TRUE = 4;
  private static final int LIST = 5;
  private static final int DEPTH = 16;

  private final Map<String, Integer> numbers = new HashMap<>();
  private final Output table = new Output(4096);

  int number(String text) {
    Integer known = numbers.get(text);
    if (known != null) {
      return known;
    }
    numbers.put(text, numbers.size());
    table.string(text);
    return numbers.size() - 1;
  }

  int size() {
    return numbers.size();
  }

  /** The strings in the order of their numbers. */
  byte[] table() {
    return table.array();
  }

  static String[] read(Input in, int size) {
    String[] strings = new String[size];
    for (int i = 0; i < size; i++) {
      strings[i] = in.string();
    }
    return strings;
  }

  /** A value of an attribute, with its type. */
  void write(Object value, Output out) {
    switch (value) {
      case String s -> {
        out.u8(STRING);
        out.varint(number(s));
      }
      case Long l -> {
        out.u8(LONG);
        out.zigzag(l);
      }
      case Integer i -> {
        out.u8(LONG);
        out.zigzag(i);
      }
      case Double d -> {
        out.u8(DOUBLE);
        out.u64(Double.doubleToRawLongBits(d));
      }
      case Boolean b -> out.u8(b ? TRUE : FALSE);
      case List<?> list -> {
        out.u8(LIST);
        out.varint(list.size());
        list.forEach(element -> write(element, out));
      }
      default -> {
        out.u8(STRING);
        out.varint(number(value.toString()));
      }
    }
  }

  static Object value(Input in, String[] strings) {
    return value(in, strings, 0);
  }

  private static Object value(Input in, String[] strings, int depth) {
    int type = in.u8();
    return switch (type) {
      case STRING -> strings[in.index(strings.length)];
      case LONG -> in.zigzag();
      case DOUBLE -> Double.longBitsToDouble(in.u64());
      case FALSE -> Boolean.FALSE;
      case TRUE -> Boolean.TRUE;
      case LIST -> {
        if (depth == DEPTH) {
          throw new BrokenDataException("a list is nested too deep");
        }
        Object[] elements = new Object[in.count()];
        for (int i = 0; i < elements.length; i++) {
          elements[i] = value(in, strings, depth + 1);
        }
        yield List.of(elements);
      }
      default -> throw new BrokenDataException("a value has the type " + type);
    };
  }

  void attributes(Map<String, Object> attributes, Output out) {
    out.varint(attributes.size());
    attributes.forEach(
        (key, value) -> {
          out.varint(number(key));
          write(value, out);
        });
  }

  static Map<String, Object> attributes(Input in, String[] strings) {
    int size = in.count();
    Map<String, Object> attributes = LinkedHashMap.newLinkedHashMap(size);
    for (int i = 0; i < size; i++) {
      attributes.put(strings[in.index(strings.length)], value(in, strings));
    }
    return attributes;
  }
}
