// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.api.Rejection;
import io.flotilla.galley.store.ObjectChange;
import io.flotilla.galley.store.Revision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Every revision as one line of JSON, appended and never changed. Secrets are written down by name
 * only. When the file has reached its limit it is kept beside as {@code history.1.jsonl} and a new
 * one begins.
 */
public final class HistoryFile {
  private static final Logger LOG = Logger.getLogger(HistoryFile.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final long maxBytes;
  private volatile Optional<String> trouble = Optional.empty();

  public HistoryFile(Path directory, long maxBytes) {
    this.file = directory.resolve("history.jsonl");
    this.maxBytes = maxBytes;
  }

  /** Why the last line could not be written, as a sentence; empty: it was. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Writes a line. If the disk refuses it, that is told and nothing else happens. */
  public void append(Revision revision) {
    byte[] line = (json(revision) + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      if (Files.exists(file) && Files.size(file) + line.length > maxBytes) {
        Files.move(
            file, file.resolveSibling("history.1.jsonl"), StandardCopyOption.REPLACE_EXISTING);
      }
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        write(channel, line);
      }
      trouble = Optional.empty();
    } catch (IOException e) {
      String sentence =
          "revision "
              + revision.revision()
              + " is in force, but could not be written to "
              + file
              + " ("
              + e.getMessage()
              + "): free space there, or set flotilla.galley.state.dir";
      LOG.warn(sentence);
      trouble = Optional.of(sentence);
    }
  }

  // A line that the disk took in part would spoil the next one too, so it is taken back.
  private static void write(FileChannel channel, byte[] line) throws IOException {
    long end = channel.size();
    try {
      ByteBuffer buffer = ByteBuffer.wrap(line);
      long at = end;
      while (buffer.hasRemaining()) {
        at += channel.write(buffer, at);
      }
    } catch (IOException e) {
      channel.truncate(end);
      throw e;
    }
  }

  /** The newest lines, newest first; lines that cannot be read are left out. */
  public List<ObjectNode> newest(int limit) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    Deque<String> last = new ArrayDeque<>();
    try (Stream<String> lines = Files.lines(file)) {
      lines.forEach(
          line -> {
            last.addLast(line);
            if (last.size() > limit) {
              last.removeFirst();
            }
          });
    }
    List<ObjectNode> parsed = new ArrayList<>();
    for (String line : last) {
      try {
        if (JSON.readTree(line) instanceof ObjectNode node) {
          parsed.add(node);
        }
      } catch (IOException e) {
        LOG.debugf("a line of %s is not JSON", file);
      }
    }
    Collections.reverse(parsed);
    return parsed;
  }

  /** A revision as it is written down. */
  public static ObjectNode json(Revision revision) {
    ObjectNode node = JSON.createObjectNode();
    node.put("revision", revision.revision());
    node.put("time", revision.time().toString());
    node.put("author", revision.author());
    node.put("cause", revision.cause());
    ArrayNode files = node.putArray("files");
    revision.files().forEach(files::add);
    ArrayNode changes = node.putArray("changes");
    for (ObjectChange change : revision.changes()) {
      ObjectNode each = changes.addObject();
      each.put("object", change.key().toString());
      each.put("change", change.kind().name().toLowerCase(Locale.ROOT));
      change
          .resource()
          .ifPresent(
              resource -> {
                each.put("origin", resource.origin().toString());
                if (!change.key().kind().equals("Secret")) {
                  each.set("document", resource.document());
                }
              });
    }
    ArrayNode rejections = node.putArray("rejections");
    for (Rejection rejection : revision.rejections()) {
      ObjectNode each = rejections.addObject();
      each.put("file", rejection.origin().file());
      each.put("line", rejection.line());
      each.put("object", rejection.object());
      each.put("reason", rejection.reason());
    }
    return node;
  }
}
