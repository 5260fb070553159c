// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The CRDs in kustomize/crds are what the writer writes. To write them anew after a change of a
 * record: {@code ./mvnw test -pl libs/api -am -Dtest=CrdFilesTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dflotilla.crds.write=true}.
 */
class CrdFilesTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("flotilla.root"), "kustomize", "crds");
  private static final boolean WRITE = Boolean.getBoolean("flotilla.crds.write");

  static Stream<Kind<?>> kinds() {
    return Kinds.custom().stream();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isWhatTheWriterWrites(Kind<?> kind) throws IOException {
    Path file = FOLDER.resolve(name(kind));
    String written = CrdWriter.yaml(kind);
    if (WRITE) {
      Files.createDirectories(FOLDER);
      Files.writeString(file, written);
    }
    assertThat(file).exists();
    assertThat(Files.readString(file))
        .as("%s is not what the records say; write it anew with -Dflotilla.crds.write=true", file)
        .isEqualTo(written);
  }

  @Test
  void hasNoOtherFiles() throws IOException {
    List<String> expected =
        Stream.concat(
                Kinds.custom().stream().map(CrdFilesTest::name), Stream.of("kustomization.yaml"))
            .sorted()
            .toList();
    if (WRITE) {
      Files.createDirectories(FOLDER);
      StringBuilder text = new StringBuilder("# Written with the CRDs; docs/galley.md says how.\n");
      text.append("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n");
      Kinds.custom().stream()
          .map(CrdFilesTest::name)
          .sorted()
          .forEach(n -> text.append("- ").append(n).append('\n'));
      Files.writeString(FOLDER.resolve("kustomization.yaml"), text);
    }
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()).sorted().toList())
          .isEqualTo(expected);
    }
  }

  private static String name(Kind<?> kind) {
    return kind.group() + "_" + kind.plural() + ".yaml";
  }
}
