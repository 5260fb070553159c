// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.api.PassedBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Upstream's own samples are accepted as they are. */
class UpstreamSamplesTest {
  private static final Path CORPUS = Path.of(System.getProperty("flotilla.corpus"));

  static Stream<Path> samples() throws IOException {
    assumeTrue(Files.isDirectory(CORPUS), "no corpus at " + CORPUS);
    return Stream.of(
            "samples/bookinfo/networking", "samples/bookinfo/gateway-api", "samples/httpbin")
        .map(CORPUS::resolve)
        .flatMap(UpstreamSamplesTest::files);
  }

  static Stream<Path> validObjects() {
    assumeTrue(Files.isDirectory(CORPUS), "no corpus at " + CORPUS);
    return files(CORPUS.resolve("datasets-validation"));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void acceptsEachSample(Path file) throws IOException {
    Manifest manifest = new ManifestReader().read(Files.readAllBytes(file), file.toString());
    assertThat(manifest.rejections()).isEmpty();
    assertThat(manifest.resources().size() + manifest.passedBy().size()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("validObjects")
  void acceptsEachValidObject(Path file) throws IOException {
    Manifest manifest = new ManifestReader().read(Files.readAllBytes(file), file.toString());
    assertThat(manifest.rejections()).isEmpty();
    List<PassedBy> unknown =
        manifest.passedBy().stream().filter(passed -> !passed.surprising()).toList();
    assertThat(manifest.resources().size() + manifest.passedBy().size() + unknown.size())
        .isPositive();
  }

  private static Stream<Path> files(Path folder) {
    try (Stream<Path> found = Files.walk(folder)) {
      return found.filter(path -> path.toString().endsWith(".yaml")).sorted().toList().stream();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
