// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.gateway;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.util.List;
import java.util.Optional;

/** Lets objects of other namespaces refer to objects of its own. */
@Lenient
public record ReferenceGrant(
    @Field("Who may refer.") List<From> from, @Field("To what.") List<To> to) {

  /** Who may refer. */
  @Lenient
  public record From(
      @Field("Group.") Optional<String> group,
      @Field(value = "Kind.", required = true) String kind,
      @Field(value = "Namespace.", required = true) String namespace) {}

  /** To what. */
  @Lenient
  public record To(
      @Field("Group.") Optional<String> group,
      @Field(value = "Kind.", required = true) String kind,
      @Field("Name; absent: all.") Optional<String> name) {}
}
