// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * When a certificate is renewed: at a random moment between two fractions of its life, so that the
 * workloads of a mesh that started together do not renew together, and long enough before its end
 * that an authority may be away for hours.
 *
 * @param earliest a fraction of the life, 0.5
 * @param latest a fraction of the life, 0.8
 */
public record RotationSchedule(double earliest, double latest, RandomGenerator random) {
  public RotationSchedule {
    if (!(earliest > 0 && earliest <= latest && latest < 1)) {
      throw new InvalidIdentityException(
          "A rotation schedule needs fractions 0 < earliest <= latest < 1, but has "
              + earliest
              + " and "
              + latest);
    }
  }

  /** From 50 % to 80 % of the life. */
  public static RotationSchedule standard(RandomGenerator random) {
    return new RotationSchedule(0.5, 0.8, random);
  }

  /** When to renew a certificate of this life. The answer differs from call to call. */
  public Instant renewal(Instant notBefore, Instant notAfter) {
    Duration life = Duration.between(notBefore, notAfter);
    double fraction = earliest + (latest - earliest) * random.nextDouble();
    return notBefore.plusMillis(Math.round(life.toMillis() * fraction));
  }

  /** When to renew {@code svid}. */
  public Instant renewal(Svid svid) {
    return renewal(svid.notBefore(), svid.expiry());
  }
}
