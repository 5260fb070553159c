// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code up} leaves for {@code status}, {@code run}, {@code logs} and {@code down}: the file
 * {@code mesh.json} of the state directory.
 *
 * @param urls what people open, by name
 * @param capture whether network namespaces were made for it
 * @param envoy the binary of the proxies; null: our engine
 * @param trial an address that answers 200 once a request crosses the whole mesh; may be empty
 */
public record MeshState(
    String dir,
    String state,
    int offset,
    int entrance,
    boolean capture,
    @Nullable String envoy,
    Map<String, String> urls,
    String trial,
    List<PartState> parts) {

  /**
   * A process.
   *
   * @param started in milliseconds since 1970, by which a process that was given the same pid later
   *     is told apart
   * @param command by which it is started again
   * @param probes URLs that answer 200 when the part is ready
   */
  public record PartState(
      String name,
      String title,
      long pid,
      long started,
      List<String> command,
      String log,
      List<String> probes) {
    /** What to start. */
    Part part() {
      return new Part(
          name, title, command, Path.of(log), probes.stream().map(URI::create).toList());
    }

    /** The process, if it still runs. */
    public Optional<ProcessHandle> process() {
      return ProcessHandle.of(pid)
          .filter(ProcessHandle::isAlive)
          .filter(
              handle ->
                  handle
                      .info()
                      .startInstant()
                      .map(at -> at.toEpochMilli() == started)
                      .orElse(true));
    }
  }

  private static final String FILE = "mesh.json";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** The same mesh with another process for the part of that name. */
  MeshState with(PartState replaced) {
    return new MeshState(
        dir,
        state,
        offset,
        entrance,
        capture,
        envoy,
        urls,
        trial,
        parts.stream().map(part -> part.name().equals(replaced.name()) ? replaced : part).toList());
  }

  /**
   * The part of that name.
   *
   * @throws MeshException if there is none
   */
  public PartState part(String name) {
    return parts.stream()
        .filter(part -> part.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new MeshException(
                    "No part is called '"
                        + name
                        + "': there are "
                        + String.join(", ", parts.stream().map(PartState::name).toList())
                        + "."));
  }

  /** Whether any of its processes runs. */
  public boolean runs() {
    return parts.stream().anyMatch(part -> part.process().isPresent());
  }

  /** The state in {@code directory}, if a mesh was started there and not stopped. */
  public static Optional<MeshState> read(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readString(file), MeshState.class));
    } catch (JsonProcessingException e) {
      throw new MeshException(
          file + " cannot be read (" + e.getOriginalMessage() + "): remove it.", e);
    }
  }

  void write() throws IOException {
    Path half = Path.of(state, "." + FILE + ".tmp");
    Files.writeString(half, JSON.writeValueAsString(this));
    Files.move(half, Path.of(state, FILE), StandardCopyOption.ATOMIC_MOVE);
  }

  void forget() throws IOException {
    Files.deleteIfExists(Path.of(state, FILE));
  }
}
