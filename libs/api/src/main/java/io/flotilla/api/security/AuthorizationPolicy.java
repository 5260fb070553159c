// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.security;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.networking.WorkloadSelector;
import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.OneOf;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Rules;
import java.util.List;
import java.util.Optional;

/** Who may do what with workloads. Without rules no request fits it. */
@CustomResource(
    value = "Who may do what with workloads.",
    shortNames = "ap",
    categories = {"istio-io", "security-istio-io"},
    labels = {"istio=security"},
    columns = {
      @CustomResource.Column(
          name = "Action",
          path = ".spec.action",
          description = "The operation to take."),
      @CustomResource.Column(
          name = "Age",
          path = ".metadata.creationTimestamp",
          type = "date",
          description = "When the object was made.")
    })
@Rules(Rule.TARGETS_OR_SELECTOR)
@OneOf("provider")
public record AuthorizationPolicy(
    @Field("The workloads it is for; absent: all of the namespace.")
        Optional<WorkloadSelector> selector,
    @Field("What it is attached to.") Optional<PolicyTarget> targetRef,
    @Field(value = "What it is attached to.", maxSize = 16) List<PolicyTarget> targetRefs,
    @Field(value = "What a request must be like; one of them suffices.", maxSize = 512)
        List<AccessRule> rules,
    @Field("What happens to a request that fits; ALLOW if absent.") Optional<Action> action,
    @Field("Who decides, with the action CUSTOM.") Optional<ExtensionProvider> provider) {
  public AuthorizationPolicy {
    require(
        provider.isPresent() == (action.orElse(Action.ALLOW) == Action.CUSTOM),
        "provider",
        "the action CUSTOM needs a provider, and no other action has one");
  }

  /** What happens to a request that fits. */
  public enum Action {
    ALLOW,
    DENY,
    AUDIT,
    CUSTOM
  }

  /** Who decides, as the mesh's configuration names it. */
  public record ExtensionProvider(@Field("Its name.") Optional<String> name) {}
}
