// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reader's verdict on upstream's documents for CRDs is the one that upstream expects. */
class UpstreamVerdictsTest {
  private static final Path CORPUS =
      Path.of(System.getProperty("flotilla.corpus"), "validation-crds", "crds");
  private static final Pattern EXPECTED = Pattern.compile("(?m)^_err: .*$");
  private static final Pattern KIND = Pattern.compile("(?m)^kind: (\\w+)");

  record Case(String name, String yaml, boolean invalid) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() throws IOException {
    assumeTrue(Files.isDirectory(CORPUS), "no corpus at " + CORPUS);
    Set<String> kinds = Kinds.custom().stream().map(Kind::kind).collect(Collectors.toSet());
    List<Case> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(CORPUS)) {
      for (Path file : files.sorted().toList()) {
        String[] documents = Files.readString(file).split("(?m)^---\\s*$");
        for (int i = 0; i < documents.length; i++) {
          Matcher kind = KIND.matcher(documents[i]);
          if (kind.find() && kinds.contains(kind.group(1))) {
            Matcher expected = EXPECTED.matcher(documents[i]);
            boolean invalid = expected.find();
            cases.add(
                new Case(
                    file.getFileName() + "#" + i + (invalid ? " " + expected.group() : ""),
                    EXPECTED.matcher(documents[i]).replaceAll(""),
                    invalid));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judgesAsUpstream(Case each) {
    Manifest manifest = new ManifestReader().read(each.yaml(), "test.yaml");
    if (each.invalid()) {
      assertThat(manifest.resources()).isEmpty();
      assertThat(manifest.rejections()).hasSize(1);
    } else {
      assertThat(manifest.rejections()).isEmpty();
      assertThat(manifest.resources()).hasSize(1);
    }
  }
}
