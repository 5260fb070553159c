// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A case is a folder: the objects (in-*.yaml), the proxy (in-proxy.json), and what it must get
 * (out-outline.txt), with what could not be meant. Set the system property flotilla.golden.write to
 * write the outlines, and read the difference.
 */
class GoldenCasesTest {
  static Stream<Path> cases() throws IOException, URISyntaxException {
    Path root = Path.of(GoldenCasesTest.class.getResource("/cases").toURI());
    return Files.list(root).sorted();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesTheProxyWhatTheCaseSays(Path folder) throws IOException {
    assertThat(Files.list(folder).map(f -> f.getFileName().toString()))
        .allMatch(
            n ->
                n.matches("in-[a-z]+\\.yaml")
                    || List.of("in-proxy.json", "out-outline.txt").contains(n));
    MeshFixture mesh = new MeshFixture().applyFolder(folder);

    ProxySnapshot got = mesh.connect(MeshFixture.node(folder.resolve("in-proxy.json")));

    String outline = outline(mesh, got);
    if (Boolean.getBoolean("flotilla.golden.write")) {
      Files.writeString(
          Path.of("src/test/resources/cases")
              .resolve(folder.getFileName())
              .resolve("out-outline.txt"),
          outline);
    }
    assertThat(outline).isEqualTo(Files.readString(folder.resolve("out-outline.txt")));
  }

  private static String outline(MeshFixture mesh, ProxySnapshot got) {
    StringBuilder out = new StringBuilder();
    out.append("LISTENERS\n");
    Outline.listeners(got).forEach((name, text) -> line(out, name, text));
    out.append("ROUTES\n");
    for (RouteConfiguration r : got.routes().values()) {
      out.append(Outline.routes(r)).append('\n');
    }
    out.append("CLUSTERS\n");
    Outline.clusters(got).forEach((name, text) -> line(out, name, text));
    out.append("ENDPOINTS\n");
    Outline.endpoints(got).forEach((name, text) -> line(out, name, text));
    out.append("PROBLEMS\n");
    mesh.pilot.graph().view().all(mesh.pilot.problems()).values().stream()
        .flatMap(Collection::stream)
        .forEach(p -> out.append(p.code()).append(": ").append(p.message()).append('\n'));
    return out.toString();
  }

  private static void line(StringBuilder out, String name, String text) {
    out.append(name).append(": ").append(text.stripTrailing()).append('\n');
  }
}
