// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.Home;
import picocli.CommandLine.Command;

/** Tells the version. */
@Command(name = "version", mixinStandardHelpOptions = true, description = "Tells the version.")
final class VersionCommand implements Runnable {
  @Override
  public void run() {
    System.out.println("flotilla " + Home.version());
  }
}
