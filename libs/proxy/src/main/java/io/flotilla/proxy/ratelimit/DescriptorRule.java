// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.policy.LocalRateLimit.VirtualHostRules;
import io.flotilla.model.policy.RateLimitRule;
import io.flotilla.model.policy.RateLimitRule.Action;
import io.flotilla.model.policy.RateLimitRule.Entry;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.rules.Paths;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.match.CompiledMatch;
import io.flotilla.rules.route.RouteTable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Gives requests their descriptors, by one rule. */
final class DescriptorRule {
  // Adds its entry; false: the request has no descriptor by this rule.
  private interface Step {
    boolean add(FilteredRequest request, List<Entry> to);
  }

  private final List<Step> steps;

  DescriptorRule(RateLimitRule rule) {
    this.steps = rule.actions().stream().map(DescriptorRule::step).toList();
  }

  /** The rules of a request's route and virtual host, for filters of one stage. */
  static final class Cache {
    private final Map<RateLimitRule, DescriptorRule> compiled = new HashMap<>();

    /** {@code own}: in place of the route's; may be empty. */
    List<List<Entry>> descriptors(
        FilteredRequest request, int stage, VirtualHostRules host, List<RateLimitRule> own) {
      List<List<Entry>> out = new ArrayList<>();
      RouteTable.Match way = request.route();
      Stream<RateLimitRule> rules = own.stream();
      if (own.isEmpty() && way != null) {
        List<RateLimitRule> routes = way.route().rateLimits();
        boolean hosts =
            switch (host) {
              case WITHOUT_ROUTES -> routes.isEmpty();
              case ALWAYS -> true;
              case NEVER -> false;
            };
        rules =
            hosts
                ? Stream.concat(routes.stream(), way.host().rateLimits().stream())
                : routes.stream();
      }
      rules
          .filter(rule -> !own.isEmpty() || rule.stage() == stage)
          .forEach(
              rule -> {
                List<Entry> descriptor =
                    compiled.computeIfAbsent(rule, DescriptorRule::new).of(request);
                if (descriptor != null) {
                  out.add(descriptor);
                }
              });
      return out;
    }
  }

  @Nullable List<Entry> of(FilteredRequest request) {
    List<Entry> out = new ArrayList<>(steps.size());
    for (Step step : steps) {
      if (!step.add(request, out)) {
        return null;
      }
    }
    return out.isEmpty() ? null : out;
  }

  private static boolean add(List<Entry> to, String key, @Nullable String value, boolean skip) {
    if (value == null) {
      return skip;
    }
    to.add(new Entry(key, value));
    return true;
  }

  private static String or(String key, String usual) {
    return key.isEmpty() ? usual : key;
  }

  private static Step step(Action action) {
    return switch (action) {
      case Action.DestinationCluster a ->
          (request, to) -> add(to, "destination_cluster", request.cluster(), false);
      case Action.Header a ->
          (request, to) -> add(to, a.key(), header(request, a.name()), a.skip());
      case Action.Query a ->
          (request, to) ->
              add(
                  to,
                  or(a.key(), a.name()),
                  Paths.queryParameter(request.pathAndQuery(), a.name()).orElse(null),
                  a.skip());
      case Action.RemoteAddress a ->
          (request, to) ->
              add(to, "remote_address", request.access().remote().getHostAddress(), false);
      case Action.MaskedRemoteAddress a ->
          (request, to) ->
              add(
                  to,
                  "masked_remote_address",
                  network(request.access().remote(), a.v4Bits(), a.v6Bits()),
                  false);
      case Action.Generic a ->
          (request, to) -> add(to, or(a.key(), "generic_key"), a.value(), false);
      case Action.HeaderValues a -> {
        List<Predicate<RequestView>> all = a.headers().stream().map(CompiledMatch::of).toList();
        yield (request, to) ->
            all.stream().allMatch(p -> p.test(request)) == a.expected()
                && add(to, or(a.key(), "header_match"), a.value(), false);
      }
      case Action.QueryValues a -> {
        List<Predicate<RequestView>> all = a.parameters().stream().map(CompiledMatch::of).toList();
        yield (request, to) ->
            all.stream().allMatch(p -> p.test(request)) == a.expected()
                && add(to, or(a.key(), "query_match"), a.value(), false);
      }
      case Action.Metadata a -> (request, to) -> add(to, a.key(), metadata(request, a), a.skip());
    };
  }

  private static @Nullable String header(FilteredRequest request, String name) {
    return switch (name) {
      case ":path" -> request.pathAndQuery();
      case ":method" -> request.method();
      case ":authority", "host" -> request.authority();
      case ":scheme" -> request.scheme();
      default -> request.headers().get(name);
    };
  }

  private static @Nullable String metadata(FilteredRequest request, Action.Metadata action) {
    Object at = request.access().metadata(action.filter());
    for (String key : action.path()) {
      at = at instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return at instanceof String text && !text.isEmpty() ? text : action.otherwise().orElse(null);
  }

  private static String network(InetAddress address, int v4, int v6) {
    byte[] bytes = address.getAddress();
    int bits = bytes.length == 4 ? v4 : v6;
    for (int i = 0; i < bytes.length; i++) {
      int keep = Math.clamp(bits - 8L * i, 0, 8);
      bytes[i] &= (byte) (0xFF00 >> keep);
    }
    try {
      return InetAddress.getByAddress(bytes).getHostAddress() + "/" + bits;
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }
}
