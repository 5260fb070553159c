// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.api.InvalidResourceException;
import io.flotilla.api.Origin;
import io.flotilla.api.Resource;
import io.flotilla.api.ResourceReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The last complete configuration on disk, mode 0600, replaced as a whole. A disk that is full or
 * read-only costs the restart without Galley, nothing else.
 */
final class LastGoodFile {
  private static final Logger LOG = Logger.getLogger(LastGoodFile.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private boolean complained;

  LastGoodFile(Path directory) {
    this.file = directory.resolve("configuration.json");
  }

  /** What the file holds. */
  record Saved(long revision, List<Resource<?>> objects) {}

  /** Empty: there is none, or it cannot be read. */
  Optional<Saved> load() {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try {
      JsonNode saved = JSON.readTree(file.toFile());
      List<Resource<?>> objects = new ArrayList<>();
      for (JsonNode each : saved.path("objects")) {
        try {
          objects.add(
              ResourceReader.read(
                  each.path("document"), Origin.parse(each.path("origin").asText(""))));
        } catch (InvalidResourceException e) {
          LOG.warnf("the saved configuration's %s is left out", e.getMessage());
        }
      }
      return Optional.of(new Saved(saved.path("revision").asLong(0), objects));
    } catch (IOException e) {
      LOG.warnf("the saved configuration %s cannot be read: %s", file, e.getMessage());
      return Optional.empty();
    }
  }

  void save(long revision, Collection<Resource<?>> objects) {
    ObjectNode saved = JSON.createObjectNode();
    saved.put("revision", revision);
    ArrayNode all = saved.putArray("objects");
    for (Resource<?> resource : objects) {
      ObjectNode each = all.addObject();
      each.set("document", resource.document());
      each.put("origin", resource.origin().toString());
    }
    try {
      Files.createDirectories(file.getParent());
      Path fresh = file.resolveSibling("configuration.json.new");
      Files.deleteIfExists(fresh);
      Files.createFile(
          fresh,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(fresh, JSON.writeValueAsBytes(saved));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      complained = false;
    } catch (IOException e) {
      if (!complained) {
        complained = true;
        LOG.warnf(
            "the configuration cannot be saved in %s (%s): Pilot serves on, but would have to wait"
                + " for Galley after a restart; free the disk or set flotilla.pilot.state-dir",
            file.getParent(), e);
      }
    }
  }
}
