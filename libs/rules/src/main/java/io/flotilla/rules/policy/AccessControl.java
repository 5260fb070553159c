// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Access rules, compiled once. Policies that ask for one of certain paths or principals are found
 * by those, so that the cost of a decision hardly grows with their number.
 */
public final class AccessControl {
  private static final AccessDecision ALLOWED = new AccessDecision(true, "");
  private static final AccessDecision DENIED = new AccessDecision(false, "");

  private record Compiled(
      Predicate<AccessView> permission, Predicate<AccessView> principal, AccessDecision decision) {
    boolean appliesTo(AccessView view) {
      return principal.test(view) && permission.test(view);
    }
  }

  private final AccessDecision otherwise;
  private final List<Compiled> policies = new ArrayList<>();
  private final List<Integer> general = new ArrayList<>();
  private final Map<String, List<Integer>> byPath = new HashMap<>();
  private final Map<String, List<Integer>> byPrincipal = new HashMap<>();

  /**
   * Compiles rules.
   *
   * @throws InvalidModelException naming the policy that cannot be
   */
  public AccessControl(AccessRules rules) {
    boolean applies = rules.action() != AccessRules.Action.DENY;
    this.otherwise = rules.action() == AccessRules.Action.ALLOW ? DENIED : ALLOWED;
    rules
        .policies()
        .forEach(
            (name, policy) -> {
              int index = policies.size();
              try {
                policies.add(
                    new Compiled(
                        Conditions.anyOf(policy.permissions()),
                        Conditions.anyOf(policy.principals()),
                        new AccessDecision(applies, name)));
              } catch (InvalidModelException e) {
                throw new InvalidModelException(
                    "access policy " + name + " is refused: " + e.getMessage());
              }
              index(policy, index);
            });
  }

  private void index(AccessPolicy policy, int index) {
    Set<String> paths = guards(policy.permissions(), Conditions::exactPath);
    Set<String> principals = guards(policy.principals(), Conditions::exactPrincipal);
    if (paths != null && (principals == null || paths.size() <= principals.size())) {
      paths.forEach(p -> byPath.computeIfAbsent(p, k -> new ArrayList<>()).add(index));
    } else if (principals != null) {
      principals.forEach(p -> byPrincipal.computeIfAbsent(p, k -> new ArrayList<>()).add(index));
    } else {
      general.add(index);
    }
  }

  /** The values without one of which none of the conditions can hold; null: there are none. */
  private static @Nullable Set<String> guards(
      List<AccessCondition> alternatives, Function<AccessCondition, @Nullable String> exact) {
    Set<String> out = new HashSet<>();
    for (AccessCondition condition : alternatives) {
      Set<String> one = guard(condition, exact);
      if (one == null) {
        return null;
      }
      out.addAll(one);
    }
    return out;
  }

  private static @Nullable Set<String> guard(
      AccessCondition condition, Function<AccessCondition, @Nullable String> exact) {
    return switch (condition) {
      case AccessCondition.Or or -> guards(or.any(), exact);
      case AccessCondition.And and -> {
        for (AccessCondition each : and.all()) {
          Set<String> one = guard(each, exact);
          if (one != null) {
            yield one;
          }
        }
        yield null;
      }
      default -> {
        String value = exact.apply(condition);
        yield value == null ? null : Set.of(value);
      }
    };
  }

  /** What the rules say of a request or connection: the first policy that applies decides. */
  public AccessDecision decide(AccessView view) {
    int first = first(general, view, Integer.MAX_VALUE);
    if (!byPath.isEmpty()) {
      String path = view.path();
      if (path != null) {
        first = first(byPath.get(path), view, first);
      }
    }
    if (!byPrincipal.isEmpty()) {
      List<String> principals = view.principals();
      if (principals != null) {
        for (int i = 0; i < principals.size(); i++) {
          first = first(byPrincipal.get(principals.get(i)), view, first);
        }
      }
    }
    return first == Integer.MAX_VALUE ? otherwise : policies.get(first).decision();
  }

  private int first(@Nullable List<Integer> candidates, AccessView view, int before) {
    if (candidates != null) {
      for (int i = 0; i < candidates.size(); i++) {
        int index = candidates.get(i);
        if (index >= before) {
          return before;
        }
        if (policies.get(index).appliesTo(view)) {
          return index;
        }
      }
    }
    return before;
  }
}
