// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Every CRD that is written here means what upstream's means: versions, names, columns, fields,
 * types, enums, defaults, required, oneOf, rules. Descriptions are ours, labels and annotations are
 * of the installation.
 */
class CrdConformanceTest {
  private static final Path UPSTREAM =
      Path.of(System.getProperty("flotilla.reference"), "crds", "istio");
  private static final Set<String> UNORDERED =
      Set.of("required", "categories", "shortNames", "x-kubernetes-validations", "oneOf", "anyOf");

  static Stream<Kind<?>> kinds() {
    return Kinds.custom().stream();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void meansWhatUpstreamsMeans(Kind<?> kind) throws IOException {
    Map<?, ?> upstream = upstream(kind);
    Object ours = load(CrdWriter.yaml(kind)).getFirst();
    List<String> differences = new ArrayList<>();
    compare("spec", upstream.get("spec"), ((Map<?, ?>) ours).get("spec"), differences);
    assertThat(differences).isEmpty();
  }

  private static Map<?, ?> upstream(Kind<?> kind) throws IOException {
    assumeTrue(Files.isDirectory(UPSTREAM), "no reference at " + UPSTREAM);
    String name = kind.plural() + "." + kind.group();
    try (Stream<Path> files = Files.list(UPSTREAM)) {
      for (Path file : files.sorted().toList()) {
        for (Object document : load(Files.readString(file))) {
          if (document instanceof Map<?, ?> map
              && map.get("metadata") instanceof Map<?, ?> metadata
              && name.equals(metadata.get("name"))) {
            return map;
          }
        }
      }
    }
    throw new AssertionError("upstream has no CRD " + name);
  }

  private static List<Object> load(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(64 << 20);
    List<Object> documents = new ArrayList<>();
    new Yaml(new SafeConstructor(options)).loadAll(text).forEach(documents::add);
    documents.removeIf(Objects::isNull);
    return documents;
  }

  private static void compare(String path, Object theirs, Object ours, List<String> differences) {
    if (theirs instanceof Map<?, ?> a && ours instanceof Map<?, ?> b) {
      // A field may itself be called "description"; in a schema it is prose.
      boolean fields = path.endsWith(".properties");
      Set<Object> names = new TreeSet<>();
      names.addAll(a.keySet());
      names.addAll(b.keySet());
      for (Object name : names) {
        if (fields || !name.equals("description")) {
          compare(path + "." + name, a.get(name), b.get(name), differences);
        }
      }
    } else if (theirs instanceof List<?> a && ours instanceof List<?> b) {
      String name = path.substring(path.lastIndexOf('.') + 1);
      if (UNORDERED.contains(name)) {
        if (!new HashSet<>(plain(a)).equals(new HashSet<>(plain(b))) || a.size() != b.size()) {
          differences.add(path + ": upstream has " + a + ", ours has " + b);
        }
        return;
      }
      if (a.size() != b.size()) {
        differences.add(path + ": upstream has " + a + ", ours has " + b);
        return;
      }
      for (int i = 0; i < a.size(); i++) {
        compare(path + "[" + i + "]", a.get(i), b.get(i), differences);
      }
    } else if (!Objects.equals(number(theirs), number(ours))) {
      differences.add(path + ": upstream has " + theirs + ", ours has " + ours);
    }
  }

  private static List<Object> plain(List<?> list) {
    List<Object> copy = new ArrayList<>();
    for (Object each : list) {
      if (each instanceof Map<?, ?> map) {
        Map<Object, Object> without = new LinkedHashMap<>(map);
        without.remove("description");
        copy.add(without);
      } else {
        copy.add(each);
      }
    }
    return copy;
  }

  private static Object number(Object value) {
    return value instanceof Number number ? number.doubleValue() : value;
  }
}
