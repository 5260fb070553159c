// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.api.InvalidResourceException;
import io.flotilla.api.ObjectKey;
import io.flotilla.api.Origin;
import io.flotilla.api.Resource;
import io.flotilla.api.ResourceReader;
import io.flotilla.galley.intake.FileSignature;
import io.flotilla.galley.store.FileState;
import io.flotilla.galley.store.InForce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * What was in force, for a restart: so that an object whose document is bad by then keeps its last
 * good version. It may hold secrets and is readable for its owner only.
 */
public final class LastGoodFile {
  private static final Logger LOG = Logger.getLogger(LastGoodFile.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private volatile Optional<String> trouble = Optional.empty();

  /** What was read. */
  public record State(long revision, List<FileState> files) {}

  public LastGoodFile(Path directory) {
    this.file = directory.resolve("last-good.json");
  }

  /** Why it could not be written or read, as a sentence; empty: it could. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Replaces the file as a whole. If the disk refuses it, the old one stays and that is told. */
  public void write(long revision, Collection<FileState> states) {
    Path half = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.deleteIfExists(half);
      if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.createFile(
            half,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      Files.write(half, JSON.writeValueAsBytes(json(revision, states)));
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      trouble = Optional.empty();
    } catch (IOException e) {
      tell(
          "the configuration is in force, but could not be kept for a restart in "
              + file
              + " ("
              + e.getMessage()
              + "): free space there, or set flotilla.galley.state.dir");
      try {
        Files.deleteIfExists(half);
      } catch (IOException ignored) {
        LOG.debugf("%s could not be removed", half);
      }
    }
  }

  /** What was written last; empty if there is none or it cannot be read. */
  public Optional<State> read() {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode root = JSON.readTree(file.toFile());
      List<FileState> states = new ArrayList<>();
      for (JsonNode each : root.path("files")) {
        states.add(fileState(each));
      }
      return Optional.of(new State(root.path("revision").asLong(), states));
    } catch (IOException e) {
      tell(
          file
              + " cannot be read ("
              + e.getMessage()
              + "), so only what is good now is in force: remove it");
      return Optional.empty();
    }
  }

  private void tell(String sentence) {
    LOG.warn(sentence);
    trouble = Optional.of(sentence);
  }

  private static ObjectNode json(long revision, Collection<FileState> states) {
    ObjectNode root = JSON.createObjectNode();
    root.put("revision", revision);
    ArrayNode files = root.putArray("files");
    for (FileState state : states) {
      ObjectNode each = files.addObject();
      each.put("file", state.file());
      each.put("size", state.signature().size());
      each.put("modified", state.signature().modified());
      each.put("key", state.signature().key());
      ArrayNode objects = each.putArray("objects");
      for (InForce object : state.objects().values()) {
        ObjectNode one = objects.addObject();
        one.put("line", object.resource().origin().line());
        one.put("sequence", object.sequence());
        one.put("lastGood", object.lastGood());
        one.set("document", object.resource().document());
      }
    }
    return root;
  }

  private static FileState fileState(JsonNode node) {
    String name = node.path("file").asText();
    Map<ObjectKey, InForce> objects = new LinkedHashMap<>();
    for (JsonNode each : node.path("objects")) {
      try {
        Resource<?> resource =
            ResourceReader.read(each.path("document"), new Origin(name, each.path("line").asInt()));
        objects.put(
            ObjectKey.of(resource),
            new InForce(
                resource, name, each.path("sequence").asLong(), each.path("lastGood").asBoolean()));
      } catch (InvalidResourceException e) {
        LOG.warnf("a kept object of %s is not valid any more and is left out: %s", name, e);
      }
    }
    FileSignature signature =
        new FileSignature(
            node.path("size").asLong(), node.path("modified").asLong(), node.path("key").asText());
    return new FileState(name, signature, objects, List.of(), List.of());
  }
}
