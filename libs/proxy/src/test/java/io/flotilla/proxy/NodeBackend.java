// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** Node's HTTP server in a process of its own, and what requests it read. */
final class NodeBackend implements AutoCloseable {
  private final Process process;
  private final int port;
  private final List<SmugglingCase.Seen> seen = new CopyOnWriteArrayList<>();

  /** Where Node is; empty: it is not installed. */
  static Optional<Path> node() {
    return Stream.of("/usr/bin/node", "/usr/local/bin/node")
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst();
  }

  NodeBackend(Path folder) throws IOException {
    Path script = folder.resolve("backend.js");
    try (var in = NodeBackend.class.getResourceAsStream("/smuggling/backend.js")) {
      Files.write(script, in.readAllBytes());
    }
    process =
        new ProcessBuilder(node().orElseThrow().toString(), script.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    port = Integer.parseInt(said.readLine().substring("port ".length()));
    Thread.ofVirtual().start(() -> said.lines().forEach(this::hear));
  }

  private void hear(String line) {
    List<String> parts = new ArrayList<>();
    for (String part : line.split(" ", -1)) {
      parts.add(new String(Base64.getDecoder().decode(part), StandardCharsets.ISO_8859_1));
    }
    seen.add(new SmugglingCase.Seen(parts.get(0), parts.get(1), parts.get(2), parts.get(3)));
  }

  int port() {
    return port;
  }

  /** In the order in which they were read to their end. */
  List<SmugglingCase.Seen> seen() {
    return List.copyOf(seen);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
