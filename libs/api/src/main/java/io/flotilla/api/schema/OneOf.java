// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** At most one of the fields may be there, as in a protobuf oneof. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(OneOfs.class)
public @interface OneOf {
  /** The fields, as in YAML. */
  String[] value();
}
