// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.detect;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.Listener;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Which filter chain takes a connection. Criteria are looked at one after the other, in Envoy's
 * order; each keeps the chains that fit it most specifically (config.listener.v3.FilterChainMatch).
 */
public final class ChainChoice {
  private ChainChoice() {}

  /** The chain; empty: none fits and there is no default. */
  public static Optional<FilterChain> of(Listener listener, Detected d) {
    List<FilterChain> left = listener.filterChains();
    left =
        best(
            left,
            c ->
                c.match()
                    .destinationPort()
                    .map(p -> p == d.destination().getPort() ? 1 : -1)
                    .orElse(0));
    left = best(left, c -> cidr(c.match().destinations(), d.destination().getAddress()));
    left = best(left, c -> serverName(c.match().serverNames(), d.serverName()));
    left =
        best(
            left,
            c ->
                c.match().transportProtocol().isEmpty()
                    ? 0
                    : c.match().transportProtocol().equals(d.transportProtocol()) ? 1 : -1);
    left = best(left, c -> protocols(c.match(), d));
    left = best(left, c -> cidr(c.match().sources(), d.source().getAddress()));
    return left.isEmpty() ? listener.defaultFilterChain() : Optional.of(left.getFirst());
  }

  // Negative: does not fit. Among those that fit, the greatest stay.
  private static List<FilterChain> best(
      List<FilterChain> chains, ToIntFunction<FilterChain> score) {
    int top = -1;
    List<FilterChain> kept = new ArrayList<>();
    for (FilterChain chain : chains) {
      int s = score.applyAsInt(chain);
      if (s < 0 || s < top) {
        continue;
      }
      if (s > top) {
        kept.clear();
        top = s;
      }
      kept.add(chain);
    }
    return kept;
  }

  private static int protocols(FilterChainMatch match, Detected d) {
    if (match.applicationProtocols().isEmpty()) {
      return 0;
    }
    for (String each : d.applicationProtocols()) {
      if (match.applicationProtocols().contains(each)) {
        return 1;
      }
    }
    return -1;
  }

  private static int serverName(List<String> names, String sni) {
    if (names.isEmpty()) {
      return 0;
    }
    int top = -1;
    for (String name : names) {
      if (name.equals(sni)) {
        return Integer.MAX_VALUE;
      }
      if (name.startsWith("*.")
          && sni.endsWith(name.substring(1))
          && sni.length() >= name.length()) {
        top = Math.max(top, name.length());
      }
    }
    return top;
  }

  private static int cidr(List<CidrRange> ranges, InetAddress address) {
    if (ranges.isEmpty()) {
      return 0;
    }
    int top = -1;
    byte[] bytes = address.getAddress();
    for (CidrRange range : ranges) {
      byte[] prefix = InetAddress.ofLiteral(range.prefix()).getAddress();
      if (prefix.length == bytes.length && covers(prefix, bytes, range.length())) {
        top = Math.max(top, range.length() + 1);
      }
    }
    return top;
  }

  private static boolean covers(byte[] prefix, byte[] address, int length) {
    for (int bit = 0; bit < length; bit += 8) {
      int i = bit / 8;
      int mask = length - bit >= 8 ? 0xff : 0xff << (8 - (length - bit)) & 0xff;
      if (((prefix[i] ^ address[i]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
