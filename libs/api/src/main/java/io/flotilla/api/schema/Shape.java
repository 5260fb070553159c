// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The schema of a record, read once from its components and annotations.
 *
 * @param members by name in YAML, in the record's order
 */
public record Shape(
    Class<?> type,
    Map<String, Member> members,
    List<List<String>> alternatives,
    List<Rule> rules,
    boolean lenient) {
  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return read(type);
        }
      };

  /**
   * One component.
   *
   * @param type what is left when Optional is taken away
   * @param optional whether the component is an Optional
   */
  public record Member(String name, Field field, Type type, boolean optional) {}

  /** Of a record whose components are all annotated with {@link Field}. */
  public static Shape of(Class<?> type) {
    return SHAPES.get(type);
  }

  /** Makes the record. An exception of the constructor is thrown as it is. */
  public Object construct(Object[] arguments) {
    try {
      Class<?>[] types =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new IllegalStateException(type + " could not be made", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " is not a public record", e);
    }
  }

  private static Shape read(Class<?> type) {
    Map<String, Member> members = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      Field field = component.getAnnotation(Field.class);
      if (field == null) {
        throw new IllegalStateException(type + "." + component.getName() + " has no @Field");
      }
      String name = field.name().isEmpty() ? component.getName() : field.name();
      Type declared = component.getGenericType();
      boolean optional =
          declared instanceof ParameterizedType p && p.getRawType() == Optional.class;
      Type inner = optional ? ((ParameterizedType) declared).getActualTypeArguments()[0] : declared;
      members.put(name, new Member(name, field, inner, optional));
    }
    List<List<String>> alternatives = new ArrayList<>();
    for (OneOf group : type.getAnnotationsByType(OneOf.class)) {
      alternatives.add(List.of(group.value()));
    }
    Rules rules = type.getAnnotation(Rules.class);
    return new Shape(
        type,
        Collections.unmodifiableMap(members),
        List.copyOf(alternatives),
        rules == null ? List.of() : List.of(rules.value()),
        type.isAnnotationPresent(Lenient.class));
  }
}
