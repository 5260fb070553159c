// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.sign;

import io.flotilla.identity.TrustDomain;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** Makes one root after the other, each in a directory of its own, until it is killed. */
public final class RootMaker {
  private RootMaker() {}

  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    for (int i = 0; ; i++) {
      new RootDirectory(folder.resolve(String.valueOf(i)))
          .loadOrCreate(TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), Clock.systemUTC());
      System.out.println("made " + i);
    }
  }
}
