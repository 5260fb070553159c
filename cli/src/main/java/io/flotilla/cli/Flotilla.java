// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.Home;
import io.flotilla.cli.mesh.MeshException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command {@code flotilla}. Errors are one sentence; {@code -v} adds what lies beneath. */
@Command(
    name = "flotilla",
    description = "A service mesh on this machine.",
    mixinStandardHelpOptions = true,
    versionProvider = Flotilla.Version.class,
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      RestartCommand.class,
      RunCommand.class,
      LogsCommand.class,
      BenchCommand.class,
      IptablesCommand.class,
      VersionCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Flotilla {
  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "On an error, show its cause too.")
  boolean verbose;

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"flotilla " + Home.version()};
    }
  }

  /** See the class. */
  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(out);
    System.exit(run(args));
  }

  /** Runs one command line; 0: done, 1: failed, 2: wrong usage. */
  static int run(String... args) {
    Flotilla flotilla = new Flotilla();
    return new CommandLine(flotilla)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              System.err.println("flotilla: " + sentence(failure));
              if (flotilla.verbose) {
                failure.printStackTrace();
              } else if (failure instanceof MeshException && failure.getCause() != null) {
                System.err.println("flotilla: -v tells more.");
              }
              return 1;
            })
        .execute(args);
  }

  private static String sentence(Exception failure) {
    return switch (failure) {
      case MeshException told -> String.valueOf(told.getMessage());
      case UncheckedIOException io when io.getCause() != null -> sentence(io.getCause());
      case IOException io ->
          "A file cannot be read or written: "
              + (io.getMessage() == null ? io.getClass().getSimpleName() : io.getMessage())
              + ".";
      default -> "This failed for a reason that nobody foresaw: " + failure + ".";
    };
  }
}
