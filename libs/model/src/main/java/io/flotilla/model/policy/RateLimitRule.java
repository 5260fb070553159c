// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.QueryMatch;
import java.util.List;
import java.util.Optional;

/**
 * By what requests are told apart when they are counted (Envoy: config.route.v3.RateLimit).
 *
 * @param stage for the filters of this stage alone
 * @param actions each adds an entry to the descriptor; if one has none, there is no descriptor
 */
public record RateLimitRule(int stage, List<Action> actions) {
  public RateLimitRule {
    Checks.inRange(stage, 0, 10, "stage of a rate limit");
    actions = List.copyOf(actions);
    Checks.require(!actions.isEmpty(), "a rate limit must have at least one action");
  }

  /** A part of a descriptor. */
  public record Entry(String key, String value) {
    public Entry {
      Checks.notEmpty(key, "key of a rate limit's descriptor");
    }
  }

  /** What gives an entry; keys that are empty are the action's usual one. */
  public sealed interface Action {
    /** "destination_cluster": where the route goes. */
    record DestinationCluster() implements Action {}

    /** A header; {@code skip}: without it there is no entry, but a descriptor. */
    record Header(String name, String key, boolean skip) implements Action {}

    /** A parameter of the query. */
    record Query(String name, String key, boolean skip) implements Action {}

    /** "remote_address": the client, as trusted headers tell. */
    record RemoteAddress() implements Action {}

    /** "masked_remote_address": its network. */
    record MaskedRemoteAddress(int v4Bits, int v6Bits) implements Action {
      public MaskedRemoteAddress {
        Checks.inRange(v4Bits, 0, 32, "bits of an IPv4 network of a rate limit");
        Checks.inRange(v6Bits, 0, 128, "bits of an IPv6 network of a rate limit");
      }
    }

    /** Always the same. */
    record Generic(String key, String value) implements Action {}

    /** If all headers match, or, without {@code expected}, do not. */
    record HeaderValues(String key, String value, boolean expected, List<HeaderMatch> headers)
        implements Action {
      public HeaderValues {
        headers = List.copyOf(headers);
      }
    }

    /** If all parameters match, or, without {@code expected}, do not. */
    record QueryValues(String key, String value, boolean expected, List<QueryMatch> parameters)
        implements Action {
      public QueryValues {
        parameters = List.copyOf(parameters);
      }
    }

    /** What a filter noted. */
    record Metadata(
        String key, String filter, List<String> path, Optional<String> otherwise, boolean skip)
        implements Action {
      public Metadata {
        path = List.copyOf(path);
      }
    }
  }
}
