// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a mesh fares now.
 *
 * @param ready every part runs and is ready, and a request crosses the mesh
 * @param dir its configuration directory
 * @param urls what people open, by name; empty when none runs
 */
public record MeshStatus(
    boolean ready,
    String dir,
    Map<String, String> urls,
    String state,
    int offset,
    String dataplane,
    List<PartStatus> parts) {

  /** One process. {@code ready} of {@code probes} addresses answer. */
  public record PartStatus(
      String name, String title, long pid, boolean alive, int ready, int probes, String log) {
    /** Whether it runs and all of it is ready. */
    public boolean isReady() {
      return alive && ready == probes;
    }
  }

  /** Asks the mesh whose state is in {@code state}. */
  public static MeshStatus of(Path state, Path defaultDir, int offset) throws IOException {
    MeshState mesh = MeshState.read(state).orElse(null);
    if (mesh == null) {
      return new MeshStatus(
          false, defaultDir.toString(), Map.of(), state.toString(), offset, "", List.of());
    }
    Readiness readiness = new Readiness();
    List<PartStatus> parts = new ArrayList<>();
    for (MeshState.PartState part : mesh.parts()) {
      boolean alive = part.process().isPresent();
      List<URI> probes = part.probes().stream().map(URI::create).toList();
      parts.add(
          new PartStatus(
              part.name(),
              part.title(),
              part.pid(),
              alive,
              alive ? readiness.ready(probes) : 0,
              probes.size(),
              part.log()));
    }
    boolean ready =
        !parts.isEmpty()
            && parts.stream().allMatch(PartStatus::isReady)
            && (mesh.trial().isEmpty() || readiness.isReady(URI.create(mesh.trial())));
    return new MeshStatus(
        ready,
        mesh.dir(),
        mesh.urls(),
        mesh.state(),
        mesh.offset(),
        mesh.envoy() == null ? "flotilla" : "envoy",
        parts);
  }
}
