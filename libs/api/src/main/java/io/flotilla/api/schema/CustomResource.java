// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a CRD says of a kind beyond its schema. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface CustomResource {

  /** What the kind is for, in one sentence. */
  String value();

  String[] shortNames() default {};

  String[] categories() default {};

  /** Further labels of the CRD, "name=value". */
  String[] labels() default {};

  Column[] columns() default {};

  /** A column of {@code kubectl get}. */
  @interface Column {
    String name();

    String path();

    String type() default "string";

    String description();
  }
}
