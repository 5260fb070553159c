// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.internal;

import io.flotilla.api.InvalidValueException;
import io.flotilla.api.Problem;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Shape;
import io.flotilla.api.tree.Tree;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns one tree into a record and collects everything that is wrong with it, not only the first
 * thing. A record is made only when all of its parts are right.
 */
public final class Binder {
  private static final int ENOUGH = 20;
  private static final long UNSIGNED_MAX = 4294967295L;
  private static final BigDecimal LONG_MAX = BigDecimal.valueOf(Long.MAX_VALUE);

  private final List<Problem> problems = new ArrayList<>();

  /** What was wrong so far, at most 20. */
  public List<Problem> problems() {
    return problems;
  }

  /** The record, or null if something is wrong with it; then {@link #problems} says what. */
  public <T> @Nullable T bind(Class<T> type, Tree tree, String path) {
    Object value = record(type, tree, path);
    return value == null ? null : type.cast(value);
  }

  /** Adds a problem. */
  public void refuse(String path, int line, String message) {
    if (problems.size() < ENOUGH) {
      problems.add(new Problem(path, line, message));
    }
  }

  private @Nullable Object record(Class<?> type, Tree tree, String path) {
    if (!(tree instanceof Tree.Mapping map)) {
      refuse(path, tree.line(), "must be an object, not " + tree.described());
      return null;
    }
    int before = problems.size();
    Shape shape = Shape.of(type);
    refuseUnknown(shape, map, path);
    Object[] arguments = new Object[shape.members().size()];
    int i = 0;
    for (Shape.Member member : shape.members().values()) {
      arguments[i++] = member(member, map, path);
    }
    for (List<String> group : shape.alternatives()) {
      List<String> present = group.stream().filter(map::has).toList();
      if (present.size() > 1) {
        refuse(
            path,
            map.lineOf(present.get(1)),
            "only one of " + String.join(", ", present) + " may be set: remove the others");
      }
    }
    check(shape.rules(), map, path);
    if (problems.size() > before) {
      return null;
    }
    try {
      return shape.construct(arguments);
    } catch (InvalidValueException e) {
      String at = e.field().isEmpty() ? path : join(path, e.field());
      refuse(at, map.lineOf(e.field()), String.valueOf(e.getMessage()));
      return null;
    }
  }

  private void refuseUnknown(Shape shape, Tree.Mapping map, String path) {
    if (shape.lenient()) {
      return;
    }
    for (String name : map.fields().keySet()) {
      if (!shape.members().containsKey(name)) {
        refuse(
            join(path, name),
            map.lineOf(name),
            "unknown field" + NearName.hint(name, shape.members().keySet()));
      }
    }
  }

  private @Nullable Object member(Shape.Member member, Tree.Mapping map, String path) {
    Optional<Tree> value = map.get(member.name());
    String at = join(path, member.name());
    if (value.isEmpty()) {
      if (member.field().required()) {
        refuse(at, map.line(), "is required");
        return null;
      }
      return absent(member);
    }
    int before = problems.size();
    Object bound = value(member.type(), member.field(), value.get(), at, map.lineOf(member.name()));
    if (bound != null && problems.size() == before) {
      check(List.of(member.field().rules()), value.get(), at);
    }
    return member.optional() ? Optional.ofNullable(bound) : bound;
  }

  private static @Nullable Object absent(Shape.Member member) {
    if (member.optional()) {
      return Optional.empty();
    }
    Class<?> raw = raw(member.type());
    if (raw == List.class) {
      return List.of();
    }
    if (raw == Map.class) {
      return Map.of();
    }
    if (raw == String.class) {
      return "";
    }
    throw new IllegalStateException(member.name() + " must be required or Optional");
  }

  private @Nullable Object value(Type type, Field field, Tree tree, String path, int line) {
    Class<?> raw = raw(type);
    if (raw == List.class) {
      return list(argument(type, 0), field, tree, path);
    }
    if (raw == Map.class) {
      return map(argument(type, 0), argument(type, 1), field, tree, path);
    }
    if (raw.isRecord()) {
      return record(raw, tree, path);
    }
    return scalar(raw, field, tree, path, Math.max(line, tree.line()), false);
  }

  private @Nullable Object list(Type of, Field field, Tree tree, String path) {
    if (!(tree instanceof Tree.Sequence sequence)) {
      refuse(path, tree.line(), "must be a list, not " + tree.described());
      return null;
    }
    size(field, sequence.items().size(), path, tree.line());
    List<Object> bound = new ArrayList<>(sequence.items().size());
    for (int i = 0; i < sequence.items().size(); i++) {
      Object item = item(of, field, sequence.items().get(i), path + "[" + i + "]");
      if (item != null) {
        bound.add(item);
      }
    }
    if (!field.listKey().isEmpty()) {
      refuseDuplicates(field.listKey(), sequence, path);
    }
    return Collections.unmodifiableList(bound);
  }

  private void refuseDuplicates(String key, Tree.Sequence list, String path) {
    Set<String> seen = new HashSet<>();
    for (Tree item : list.items()) {
      if (item instanceof Tree.Mapping map
          && map.text(key).isPresent()
          && !seen.add(map.text(key).get())) {
        refuse(
            path,
            map.lineOf(key),
            "Duplicate value: two entries have the " + key + " '" + map.text(key).get() + "'");
      }
    }
  }

  private @Nullable Object map(Type keys, Type of, Field field, Tree tree, String path) {
    if (!(tree instanceof Tree.Mapping mapping)) {
      refuse(path, tree.line(), "must be an object, not " + tree.described());
      return null;
    }
    size(field, mapping.fields().size(), path, tree.line());
    Map<Object, Object> bound = new LinkedHashMap<>();
    for (Map.Entry<String, Tree> entry : mapping.fields().entrySet()) {
      String at = path + "[" + entry.getKey() + "]";
      Object key = key(keys, entry.getKey(), at, mapping.lineOf(entry.getKey()));
      Object item = item(of, field, entry.getValue(), at);
      if (key != null && item != null) {
        bound.put(key, item);
      }
    }
    return Collections.unmodifiableMap(bound);
  }

  private @Nullable Object key(Type type, String text, String path, int line) {
    if (type == String.class) {
      return text;
    }
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      refuse(path, line, "'" + text + "' is not a number");
      return null;
    }
  }

  private @Nullable Object item(Type type, Field field, Tree tree, String path) {
    int before = problems.size();
    Class<?> raw = raw(type);
    Object bound =
        raw.isRecord()
            ? record(raw, tree, path)
            : scalar(raw, field, tree, path, tree.line(), true);
    if (bound != null && problems.size() == before) {
      check(List.of(field.itemRules()), tree, path);
    }
    return bound;
  }

  private void size(Field field, int size, String path, int line) {
    if (field.minSize() >= 0 && size < field.minSize()) {
      refuse(path, line, "must have at least " + field.minSize() + " entries, but has " + size);
    }
    if (field.maxSize() >= 0 && size > field.maxSize()) {
      refuse(path, line, "must have at most " + field.maxSize() + " entries, but has " + size);
    }
  }

  private @Nullable Object scalar(
      Class<?> type, Field field, Tree tree, String path, int line, boolean item) {
    if (type == String.class) {
      return text(field, tree, path, line, item);
    }
    if (type == Boolean.class || type == boolean.class) {
      if (tree instanceof Tree.Truth truth) {
        return truth.value();
      }
      refuse(path, line, "must be true or false, not " + tree.described());
      return null;
    }
    if (type == Integer.class || type == int.class || type == Long.class) {
      return integer(type, field, tree, path, line, item);
    }
    if (type == Double.class) {
      return decimal(field, tree, path, line);
    }
    if (type == Duration.class) {
      return duration(field, tree, path, line);
    }
    if (type == Instant.class) {
      return instant(tree, path, line);
    }
    if (type.isEnum()) {
      return constant(type, tree, path, line);
    }
    throw new IllegalStateException(type + " cannot be read from a document");
  }

  private @Nullable String text(Field field, Tree tree, String path, int line, boolean item) {
    if (field.intOrString() && tree instanceof Tree.Number number) {
      return number.value().toPlainString();
    }
    if (!(tree instanceof Tree.Text text)) {
      refuse(
          path,
          line,
          "must be text, not "
              + tree.described()
              + (tree instanceof Tree.Mapping || tree instanceof Tree.Sequence
                  ? ""
                  : ": put it in quotes"));
      return null;
    }
    int longest = item ? field.itemMaxLength() : field.maxLength();
    if (longest >= 0 && text.value().codePointCount(0, text.value().length()) > longest) {
      refuse(path, line, "must have at most " + longest + " characters");
      return null;
    }
    int shortest = item ? field.itemMinLength() : field.minLength();
    if (text.value().length() < shortest) {
      refuse(path, line, "must not be empty");
      return null;
    }
    if (!item
        && !field.pattern().isEmpty()
        && !Pattern.compile(field.pattern()).matcher(text.value()).matches()) {
      refuse(path, line, "must match " + field.pattern() + ", but is " + tree.described());
      return null;
    }
    return text.value();
  }

  private @Nullable Object integer(
      Class<?> type, Field field, Tree tree, String path, int line, boolean item) {
    if (!(tree instanceof Tree.Number number) || !number.isInteger()) {
      refuse(path, line, "must be a whole number, not " + tree.described());
      return null;
    }
    long least = Math.max(field.minimum(), field.unsigned() ? 0 : Long.MIN_VALUE);
    long most = Math.min(field.maximum(), field.unsigned() ? UNSIGNED_MAX : Long.MAX_VALUE);
    if (type != Long.class) {
      least = Math.max(least, Integer.MIN_VALUE);
      most = Math.min(most, Integer.MAX_VALUE);
    }
    if (item) {
      least = Math.max(least, field.itemMinimum());
      most = Math.min(most, field.itemMaximum());
    }
    if (number.value().compareTo(BigDecimal.valueOf(least)) < 0
        || number.value().compareTo(BigDecimal.valueOf(most)) > 0) {
      refuse(path, line, "must be " + range(least, most) + ", not " + tree.described());
      return null;
    }
    long value = number.value().longValue();
    return type == Long.class ? (Object) value : (Object) (int) value;
  }

  private static String range(long least, long most) {
    if (most == Long.MAX_VALUE) {
      return "at least " + least;
    }
    return least + " to " + most;
  }

  private @Nullable Double decimal(Field field, Tree tree, String path, int line) {
    if (!(tree instanceof Tree.Number number) || number.value().abs().compareTo(LONG_MAX) > 0) {
      refuse(path, line, "must be a number, not " + tree.described());
      return null;
    }
    double value = number.value().doubleValue();
    if (value < field.minimum() || value > field.maximum()) {
      refuse(
          path,
          line,
          "must be " + range(field.minimum(), field.maximum()) + ", not " + tree.described());
      return null;
    }
    return value;
  }

  private @Nullable Duration duration(Field field, Tree tree, String path, int line) {
    Duration duration =
        tree instanceof Tree.Text text ? Durations.parse(text.value()).orElse(null) : null;
    if (duration == null || duration.isNegative()) {
      refuse(path, line, "must be a duration such as '1.5s' or '250ms', not " + tree.described());
      return null;
    }
    return duration;
  }

  private @Nullable Instant instant(Tree tree, String path, int line) {
    try {
      if (tree instanceof Tree.Text text) {
        return Instant.parse(text.value());
      }
    } catch (DateTimeParseException e) {
      // Told below, as for any other value.
    }
    refuse(path, line, "must be a time such as '2026-01-31T12:00:00Z', not " + tree.described());
    return null;
  }

  private @Nullable Object constant(Class<?> type, Tree tree, String path, int line) {
    Object[] constants = type.getEnumConstants();
    if (tree instanceof Tree.Text text) {
      for (Object constant : constants) {
        if (constant.toString().equals(text.value())) {
          return constant;
        }
      }
    }
    List<String> names = Arrays.stream(constants).map(Object::toString).toList();
    refuse(
        path,
        line,
        "must be one of "
            + names.stream().collect(Collectors.joining(", "))
            + ", not "
            + tree.described()
            + (tree instanceof Tree.Text text ? NearName.hint(text.value(), names) : ""));
    return null;
  }

  private void check(List<Rule> rules, Tree tree, String path) {
    for (Rule rule : rules) {
      if (!rule.holds(tree)) {
        String shown =
            tree instanceof Tree.Mapping || tree instanceof Tree.Sequence
                ? ""
                : ", but is " + tree.described();
        refuse(path, tree.line(), rule.message() + shown);
      }
    }
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static Type argument(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }

  private static Class<?> raw(Type type) {
    return type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
  }
}
