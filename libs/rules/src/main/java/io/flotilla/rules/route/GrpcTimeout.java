// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The grpc-timeout header (gRPC over HTTP/2, "Timeout"). */
public final class GrpcTimeout {
  private GrpcTimeout() {}

  /** As the header tells it, in the smallest unit from milliseconds up that eight digits hold. */
  public static String format(Duration timeout) {
    long amount = timeout.toMillis();
    String unit = "m";
    if (amount > 99_999_999) {
      amount = timeout.toSeconds();
      unit = "S";
    }
    if (amount > 99_999_999) {
      amount = Math.min(99_999_999, timeout.toHours());
      unit = "H";
    }
    return amount + unit;
  }

  /** The duration that the header tells; empty: absent or malformed. */
  public static Optional<Duration> parse(@Nullable String value) {
    if (value == null || value.length() < 2 || value.length() > 9) {
      return Optional.empty();
    }
    long amount = 0;
    for (int i = 0; i < value.length() - 1; i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return Optional.empty();
      }
      amount = amount * 10 + digit;
    }
    return switch (value.charAt(value.length() - 1)) {
      case 'H' -> Optional.of(Duration.ofHours(amount));
      case 'M' -> Optional.of(Duration.ofMinutes(amount));
      case 'S' -> Optional.of(Duration.ofSeconds(amount));
      case 'm' -> Optional.of(Duration.ofMillis(amount));
      case 'u' -> Optional.of(Duration.ofNanos(amount * 1_000));
      case 'n' -> Optional.of(Duration.ofNanos(amount));
      default -> Optional.empty();
    };
  }
}
