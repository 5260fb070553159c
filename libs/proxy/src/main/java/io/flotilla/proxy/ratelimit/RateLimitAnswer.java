// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.policy.LocalRateLimit.Header;
import io.flotilla.proxy.wire.HeaderText;
import io.flotilla.proxy.wire.ProtoReader;
import io.flotilla.proxy.wire.Structs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a rate-limit service said (envoy.service.ratelimit.v3.RateLimitResponse).
 *
 * @param limits x-ratelimit-* of the limit of which the least is left; empty: it named none
 */
record RateLimitAnswer(
    boolean overLimit,
    List<Header> limits,
    List<Header> toClient,
    List<Header> toUpstream,
    String body,
    Map<String, Object> metadata) {
  private static final int OVER_LIMIT = 2;
  private static final int MOST = 1000;
  private static final long[] SECONDS = {0, 1, 60, 3600, 86_400, 2_592_000, 31_536_000, 604_800};

  private record Status(long requests, long window, String name, long left, long reset) {}

  /** Empty: it is malformed. */
  static Optional<RateLimitAnswer> read(byte[] message) {
    try {
      return Optional.of(parse(new ProtoReader(message)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static RateLimitAnswer parse(ProtoReader in) throws IOException {
    boolean over = false;
    List<Status> statuses = new ArrayList<>();
    List<Header> toClient = new ArrayList<>();
    List<Header> toUpstream = new ArrayList<>();
    String body = "";
    Map<String, Object> metadata = Map.of();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> over = in.number() == OVER_LIMIT;
        case 2 -> status(in.message()).ifPresent(statuses::add);
        case 3 -> header(in.message()).ifPresent(toClient::add);
        case 4 -> header(in.message()).ifPresent(toUpstream::add);
        case 5 -> body = new String(in.bytes(), StandardCharsets.UTF_8);
        case 6 -> metadata = Structs.read(in.bytes());
        default -> {}
      }
      if (statuses.size() > MOST || toClient.size() > MOST || toUpstream.size() > MOST) {
        throw new IOException("a rate-limit service answers more than " + MOST + " parts");
      }
    }
    return new RateLimitAnswer(over, limits(statuses), toClient, toUpstream, body, metadata);
  }

  // DescriptorStatus; those without a limit of their own tell nothing.
  private static Optional<Status> status(ProtoReader in) throws IOException {
    long requests = -1;
    int unit = 0;
    String name = "";
    long left = 0;
    long reset = 0;
    while (in.next()) {
      switch (in.field()) {
        case 2 -> {
          requests = 0;
          ProtoReader limit = in.message();
          while (limit.next()) {
            switch (limit.field()) {
              case 1 -> requests = limit.number();
              case 2 -> unit = (int) limit.number();
              case 3 -> name = limit.text();
              default -> {}
            }
          }
        }
        case 3 -> left = in.number();
        case 4 -> {
          ProtoReader duration = in.message();
          while (duration.next()) {
            if (duration.field() == 1) {
              reset = duration.number();
            }
          }
        }
        default -> {}
      }
    }
    long window = unit > 0 && unit < SECONDS.length ? SECONDS[unit] : 0;
    return requests < 0
        ? Optional.empty()
        : Optional.of(new Status(requests, window, name, left, reset));
  }

  private static List<Header> limits(List<Status> statuses) {
    Status least = null;
    StringBuilder policy = new StringBuilder();
    for (Status each : statuses) {
      if (least == null || each.left() < least.left()) {
        least = each;
      }
      if (each.window() > 0) {
        policy.append(", ").append(each.requests()).append(";w=").append(each.window());
        if (!each.name().isEmpty() && HeaderText.isValue(each.name())) {
          policy.append(";name=\"").append(each.name()).append('"');
        }
      }
    }
    return least == null
        ? List.of()
        : List.of(
            new Header("x-ratelimit-limit", least.requests() + policy.toString(), false),
            new Header("x-ratelimit-remaining", Long.toString(least.left()), false),
            new Header("x-ratelimit-reset", Long.toString(least.reset()), false));
  }

  // HeaderValue; what could not be sent is left out.
  private static Optional<Header> header(ProtoReader in) throws IOException {
    String name = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2, 3 -> {
          String text = in.latin1();
          value = text.isEmpty() ? value : text;
        }
        default -> {}
      }
    }
    return HeaderText.isName(name) && HeaderText.isValue(value) && !HeaderText.isFraming(name)
        ? Optional.of(new Header(name, value, true))
        : Optional.empty();
  }
}
