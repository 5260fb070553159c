// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What the schema says of a record's component beyond its Java type. */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Field {

  /** What the field is for, in one or two sentences. */
  String value();

  /** The name in YAML; by default the component's. */
  String name() default "";

  boolean required() default false;

  /** Whether an explicit null is kept by an API server. */
  boolean nullable() default false;

  /** Integers: 0 to 2^32 - 1, as protobuf's uint32. */
  boolean unsigned() default false;

  /** Text that may also be written as a number, Kubernetes' IntOrString. */
  boolean intOrString() default false;

  /** OpenAPI's format, where the Java type does not say it. */
  String format() default "";

  /** Numbers: the least. */
  long minimum() default Long.MIN_VALUE;

  /** Numbers: the greatest. */
  long maximum() default Long.MAX_VALUE;

  /** Strings. */
  int maxLength() default -1;

  /** Strings. */
  int minLength() default -1;

  /** Strings: a regular expression for the whole of them. */
  String pattern() default "";

  /** Lists, or the entries of a map. */
  int minSize() default -1;

  /** Lists, or the entries of a map. */
  int maxSize() default -1;

  /** Strings in a list or in a map. */
  int itemMaxLength() default -1;

  /** Strings in a list or in a map. */
  int itemMinLength() default -1;

  /** Numbers in a list: the least. */
  long itemMinimum() default Long.MIN_VALUE;

  /** Numbers in a list: the greatest. */
  long itemMaximum() default Long.MAX_VALUE;

  /** Lists: the key of Kubernetes' list type "map". */
  String listKey() default "";

  /** What must hold for the value. */
  Rule[] rules() default {};

  /** What must hold for each value in a list or map. */
  Rule[] itemRules() default {};
}
