// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.api.Resource;
import io.flotilla.api.yaml.Manifest;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.graph.Source;
import io.flotilla.graph.Transaction;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A graph fed with YAML, and proxies that connect to it. */
final class MeshFixture {
  private static final ObjectMapper JSON = new ObjectMapper();

  final PilotGraph pilot;

  MeshFixture() {
    this(MeshSettings.DEFAULT);
  }

  MeshFixture(MeshSettings mesh) {
    pilot = new PilotGraph(mesh);
  }

  /** Applies all YAML files of a folder. */
  MeshFixture applyFolder(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        apply(Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Applies documents; what Pilot does not need is left out. */
  MeshFixture apply(String yaml) {
    Manifest manifest = new ManifestReader().read(yaml, "test");
    if (!manifest.rejections().isEmpty()) {
      throw new AssertionError(manifest.rejections());
    }
    pilot.graph().transact(tx -> manifest.resources().forEach(r -> set(tx, r)));
    return this;
  }

  private <S> void set(Transaction tx, Resource<S> resource) {
    Optional<Source<String, Resource<S>>> source = pilot.source(resource.kind());
    source.ifPresent(s -> tx.set(s, resource.metadata().fullName(), resource));
  }

  /** The snapshot of a connected proxy. */
  ProxySnapshot connect(ProxyNode node) {
    return pilot
        .graph()
        .transact(tx -> tx.set(pilot.proxies(), node.id(), node))
        .get(pilot.snapshots(), node.id())
        .orElseThrow(() -> new AssertionError(pilot.graph().view().failures()));
  }

  /** The newest snapshot of a proxy that is connected. */
  ProxySnapshot snapshot(ProxyNode node) {
    if (!pilot.graph().view().failures().isEmpty()) {
      throw new AssertionError(pilot.graph().view().failures());
    }
    return pilot.graph().view().get(pilot.snapshots(), node.id()).orElseThrow();
  }

  /** A node as the corpus writes it. */
  static ProxyNode node(Path file) {
    try {
      JsonNode json = JSON.readTree(file.toFile());
      return ProxyNode.parse(
          json.get("id").asText(),
          json.path("cluster").asText(),
          Locality.NONE,
          "",
          metadata(json.get("metadata")),
          Set.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Object> metadata(JsonNode json) {
    Map<String, Object> out = new LinkedHashMap<>();
    json.properties()
        .forEach(
            field ->
                out.put(
                    field.getKey(),
                    field.getValue().isObject()
                        ? metadata(field.getValue())
                        : field.getValue().isArray() ? List.of() : field.getValue().asText()));
    return out;
  }

  /** A node of the local mesh. */
  static ProxyNode node(
      String type, String ip, String name, Map<String, String> labels, Map<String, Object> more) {
    Map<String, Object> metadata = new LinkedHashMap<>(more);
    metadata.put("LABELS", labels);
    metadata.put("INSTANCE_IPS", ip);
    return ProxyNode.parse(
        type + "~" + ip + "~" + name + ".default~default.svc.cluster.local",
        "",
        Locality.NONE,
        "",
        metadata,
        Set.of());
  }

  static Optional<Path> corpus(String part) {
    String root = System.getProperty("flotilla.corpus", "");
    Path path = Path.of(root, part);
    return !root.isEmpty() && Files.exists(path) ? Optional.of(path) : Optional.empty();
  }
}
