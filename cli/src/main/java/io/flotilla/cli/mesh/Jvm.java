// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a JVM of the local mesh is started: small. */
final class Jvm {
  private Jvm() {}

  /** The command that runs {@code jar} on the JDK that runs us. */
  static List<String> command(
      Memory memory, List<String> options, Path jar, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-Xmx" + memory.heapMegabytes() + "m");
    command.add("-Xms16m");
    command.add("-XX:MinHeapFreeRatio=10");
    command.add("-XX:MaxHeapFreeRatio=30");
    command.add("-Xss512k");
    // A JVM without memory is neither alive nor dead; one that ended is seen and started again.
    command.add("-XX:+ExitOnOutOfMemoryError");
    if (memory.simpleCompiler()) {
      command.add("-XX:TieredStopAtLevel=1");
    }
    command.add("-XX:ReservedCodeCacheSize=64m");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(options);
    command.add("-jar");
    command.add(jar.toString());
    command.addAll(arguments);
    return command;
  }
}
