// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The directory of YAML that Galley watches. */
final class ConfigDirectory {
  private static final String WORKLOADS = "workloads.yaml";
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
              .build());

  private final Path dir;

  ConfigDirectory(Path dir) {
    this.dir = dir;
  }

  /**
   * Copies the sample into a directory that holds no configuration yet and writes the workload
   * entries. What the user changed is left as it is.
   */
  void prepare(Path sample, Addresses addresses, List<Workload> workloads) throws IOException {
    Files.createDirectories(dir);
    if (isEmpty()) {
      try (Stream<Path> files = Files.list(sample)) {
        for (Path file : files.filter(ConfigDirectory::isYaml).toList()) {
          Files.copy(file, dir.resolve(file.getFileName().toString()));
        }
      }
    }
    StringBuilder text =
        new StringBuilder(
            "# Written by './flotilla up' at every start: where the workloads are. Changes are lost.\n");
    for (Workload workload : workloads) {
      text.append("---\n").append(entry(addresses, workload, Map.of()));
    }
    replace(WORKLOADS, text.toString());
  }

  private boolean isEmpty() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.noneMatch(
          file -> isYaml(file) && !file.getFileName().toString().equals(WORKLOADS));
    }
  }

  private static boolean isYaml(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".yaml") || name.endsWith(".yml");
  }

  /** Writes a file whole: Galley never sees half of it. */
  void replace(String name, String text) throws IOException {
    Path half = dir.resolve("." + name + ".tmp");
    Files.writeString(half, text);
    Files.move(half, dir.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  void delete(String name) throws IOException {
    Files.deleteIfExists(dir.resolve(name));
  }

  /**
   * The workload entry of {@code workload}.
   *
   * @param ports service port's name to the port of the proxy, where they differ
   */
  static String entry(Addresses addresses, Workload workload, Map<String, Integer> ports) {
    ObjectNode node = YAML.createObjectNode();
    node.put("apiVersion", "networking.istio.io/v1");
    node.put("kind", "WorkloadEntry");
    ObjectNode metadata = node.putObject("metadata");
    metadata.put("name", workload.name());
    metadata.put("namespace", workload.namespace());
    labels(metadata.putObject("labels"), workload);
    ObjectNode spec = node.putObject("spec");
    spec.put("address", addresses.proxy(workload.number()));
    labels(spec.putObject("labels"), workload);
    spec.put("serviceAccount", workload.serviceAccount());
    if (!ports.isEmpty()) {
      ObjectNode map = spec.putObject("ports");
      ports.forEach(map::put);
    }
    return yaml(node);
  }

  private static void labels(ObjectNode node, Workload workload) {
    workload.labels().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(label -> node.put(label.getKey(), label.getValue()));
    node.put("security.istio.io/tlsMode", "istio");
  }

  /** A service that selects {@code app}, with one HTTP port. */
  static String service(String namespace, String app, int port) {
    ObjectNode node = YAML.createObjectNode();
    node.put("apiVersion", "v1");
    node.put("kind", "Service");
    node.putObject("metadata").put("name", app).put("namespace", namespace);
    ObjectNode spec = node.putObject("spec");
    spec.putObject("selector").put("app", app);
    spec.putArray("ports").addObject().put("name", "http").put("port", port);
    return yaml(node);
  }

  private static String yaml(ObjectNode node) {
    try {
      return YAML.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of strings is always YAML", e);
    }
  }
}
