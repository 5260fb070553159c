// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import com.google.re2j.Pattern;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.rules.match.CompiledMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Conditions as predicates. Alternatives that ask for equality become one look-up in a set. */
final class Conditions {
  private Conditions() {}

  static Predicate<AccessView> anyOf(List<AccessCondition> conditions) {
    return conditions.size() == 1
        ? of(conditions.getFirst())
        : of(new AccessCondition.Or(conditions));
  }

  static Predicate<AccessView> of(AccessCondition condition) {
    return switch (condition) {
      case AccessCondition.Any c -> view -> true;
      case AccessCondition.And c -> all(c.all());
      case AccessCondition.Or c -> any(c.any());
      case AccessCondition.Not c -> of(c.condition()).negate();
      case AccessCondition.Header c -> header(c.match());
      case AccessCondition.UrlPath c -> {
        Predicate<String> match = CompiledMatch.of(c.match());
        yield view -> {
          String path = view.path();
          return path != null && match.test(path);
        };
      }
      case AccessCondition.PathTemplate c -> {
        Pattern pattern = PathTemplates.compile(c.template());
        yield view -> {
          String path = view.path();
          return path != null && pattern.matches(path);
        };
      }
      case AccessCondition.Metadata c -> metadata(c.match());
      case AccessCondition.DestinationIp c -> {
        AddressRange range = new AddressRange(c.range());
        yield view -> range.contains(view.destination());
      }
      case AccessCondition.DestinationPort c -> view -> view.destinationPort() == c.port();
      case AccessCondition.DestinationPorts c ->
          view -> view.destinationPort() >= c.first() && view.destinationPort() < c.end();
      case AccessCondition.ServerName c -> {
        Predicate<String> match = CompiledMatch.of(c.match());
        yield view -> match.test(view.serverName());
      }
      case AccessCondition.Authenticated c -> authenticated(c.principal());
      // Addresses that the PROXY protocol tells are the connection's own here.
      case AccessCondition.SourceIp c -> {
        AddressRange range = new AddressRange(c.range());
        yield view -> range.contains(view.directRemote());
      }
      case AccessCondition.DirectRemoteIp c -> {
        AddressRange range = new AddressRange(c.range());
        yield view -> range.contains(view.directRemote());
      }
      case AccessCondition.RemoteIp c -> {
        AddressRange range = new AddressRange(c.range());
        yield view -> range.contains(view.remote());
      }
      case AccessCondition.FilterState c -> {
        Predicate<String> match = CompiledMatch.of(c.match());
        yield view -> {
          String value = view.filterState(c.key());
          return value != null && match.test(value);
        };
      }
    };
  }

  private static Predicate<AccessView> all(List<AccessCondition> conditions) {
    if (conditions.size() == 1) {
      return of(conditions.getFirst());
    }
    List<Predicate<AccessView>> each = conditions.stream().map(Conditions::of).toList();
    return view -> {
      for (int i = 0; i < each.size(); i++) {
        if (!each.get(i).test(view)) {
          return false;
        }
      }
      return true;
    };
  }

  private static Predicate<AccessView> any(List<AccessCondition> conditions) {
    Set<String> paths = new HashSet<>();
    Set<String> principals = new HashSet<>();
    Map<String, Set<String>> headers = new HashMap<>();
    List<Predicate<AccessView>> each = new ArrayList<>();
    for (AccessCondition condition : conditions) {
      String path = exactPath(condition);
      String principal = exactPrincipal(condition);
      if (path != null) {
        paths.add(path);
      } else if (principal != null) {
        principals.add(principal);
      } else if (condition instanceof AccessCondition.Header(HeaderMatch m)
          && !m.invert()
          && !m.absentIsEmpty()
          && m.value().orElse(null) instanceof StringMatch.Exact(String value, boolean anyCase)
          && !anyCase) {
        headers.computeIfAbsent(m.name(), name -> new HashSet<>()).add(value);
      } else {
        each.add(of(condition));
      }
    }
    if (!paths.isEmpty()) {
      each.add(
          view -> {
            String path = view.path();
            return path != null && paths.contains(path);
          });
    }
    if (!principals.isEmpty()) {
      each.add(view -> hasOneOf(view.principals(), principals));
    }
    headers.forEach((name, values) -> each.add(view -> hasOneOf(view.header(name), values)));
    if (each.size() == 1) {
      return each.getFirst();
    }
    return view -> {
      for (int i = 0; i < each.size(); i++) {
        if (each.get(i).test(view)) {
          return true;
        }
      }
      return false;
    };
  }

  private static boolean hasOneOf(@Nullable List<String> names, Set<String> wanted) {
    if (names != null) {
      for (int i = 0; i < names.size(); i++) {
        if (wanted.contains(names.get(i))) {
          return true;
        }
      }
    }
    return false;
  }

  /** The path that alone satisfies the condition; null: it is of another kind. */
  static @Nullable String exactPath(AccessCondition condition) {
    return condition instanceof AccessCondition.UrlPath(StringMatch.Exact(String value, boolean c))
            && !c
        ? value
        : null;
  }

  /** The principal that alone satisfies the condition; null: it is of another kind. */
  static @Nullable String exactPrincipal(AccessCondition condition) {
    return condition instanceof AccessCondition.Authenticated(Optional<StringMatch> principal)
            && principal.orElse(null) instanceof StringMatch.Exact(String value, boolean c)
            && !c
        ? value
        : null;
  }

  private static Predicate<AccessView> authenticated(Optional<StringMatch> principal) {
    if (principal.isEmpty()) {
      return view -> view.principals() != null;
    }
    Predicate<String> match = CompiledMatch.of(principal.get());
    return view -> {
      List<String> names = view.principals();
      if (names != null) {
        for (int i = 0; i < names.size(); i++) {
          if (match.test(names.get(i))) {
            return true;
          }
        }
      }
      return false;
    };
  }

  /** Of a header that is there more than once, one suffices; inverted, none may. */
  private static Predicate<AccessView> header(HeaderMatch match) {
    Predicate<String> value = match.value().map(CompiledMatch::of).orElse(s -> true);
    return view -> {
      List<String> values = view.header(match.name());
      if (values.isEmpty()) {
        return match.absentIsEmpty() ? value.test("") != match.invert() : match.invert();
      }
      for (int i = 0; i < values.size(); i++) {
        if (value.test(values.get(i))) {
          return !match.invert();
        }
      }
      return match.invert();
    };
  }

  static Predicate<AccessView> metadata(MetadataMatch match) {
    Predicate<@Nullable Object> value = value(match.value());
    return view -> {
      Object at = view.metadata(match.filter());
      for (String key : match.path()) {
        if (!(at instanceof Map<?, ?> map) || !map.containsKey(key)) {
          return match.invert();
        }
        at = map.get(key);
      }
      return value.test(at) != match.invert();
    };
  }

  private static Predicate<@Nullable Object> value(ValueMatch match) {
    return switch (match) {
      case ValueMatch.Text m -> {
        Predicate<String> text = CompiledMatch.of(m.match());
        yield value -> value instanceof String s && text.test(s);
      }
      case ValueMatch.Number m ->
          value -> value instanceof Number n && n.doubleValue() == m.value();
      case ValueMatch.Bool m -> value -> value instanceof Boolean b && b == m.value();
      case ValueMatch.Null m -> value -> value == null;
      case ValueMatch.Present m -> value -> true;
      case ValueMatch.OneOf m -> {
        Predicate<@Nullable Object> element = value(m.element());
        yield value -> {
          if (value instanceof List<?> list) {
            for (Object each : list) {
              if (element.test(each)) {
                return true;
              }
            }
          }
          return false;
        };
      }
      case ValueMatch.Any m -> {
        List<Predicate<@Nullable Object>> each =
            m.matches().stream().map(Conditions::value).toList();
        yield value -> {
          for (Predicate<@Nullable Object> one : each) {
            if (one.test(value)) {
              return true;
            }
          }
          return false;
        };
      }
    };
  }
}
