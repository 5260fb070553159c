// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.scrape;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.telemetry.TelemetryConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses are scraped now: the configured ones, and those of the file. A file that is
 * missing or wrong leaves the last good list in force. Used by one thread.
 */
final class ScrapeTargets {
  private static final Logger LOG = Logger.getLogger(ScrapeTargets.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LARGEST_FILE = 4 << 20;

  private record Stamp(Object key, long modified, long size) {}

  private final TelemetryConfig.Scrape config;
  private final List<ScrapeTarget> configured;
  private List<ScrapeTarget> ofFile = List.of();
  private @Nullable Stamp read;
  private String problem = "";

  ScrapeTargets(TelemetryConfig.Scrape config) {
    this.config = config;
    this.configured =
        config.targets().orElse(List.of()).stream()
            .filter(t -> !t.isBlank())
            .map(t -> ScrapeTarget.parse(t, config.path(), Map.of("job", config.job())))
            .toList();
  }

  /** The targets now, at most as many as may be; the file is read again if it changed. */
  List<ScrapeTarget> current() {
    config.file().ifPresent(this::reread);
    Map<String, ScrapeTarget> byUrl = new LinkedHashMap<>();
    configured.forEach(t -> byUrl.put(t.url().toString(), t));
    ofFile.forEach(t -> byUrl.putIfAbsent(t.url().toString(), t));
    List<ScrapeTarget> targets = new ArrayList<>(byUrl.values());
    if (targets.size() > config.maxTargets()) {
      complain(
          "%d targets are configured, but only %d are scraped (flotilla.telemetry.scrape.max-targets)"
              .formatted(targets.size(), config.maxTargets()));
      return targets.subList(0, config.maxTargets());
    }
    return targets;
  }

  private void reread(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      Object key = attributes.fileKey();
      Stamp stamp =
          new Stamp(
              key == null ? file : key,
              attributes.lastModifiedTime().toMillis(),
              attributes.size());
      if (stamp.equals(read)) {
        return;
      }
      if (attributes.size() > LARGEST_FILE) {
        throw new IllegalArgumentException("it is larger than " + LARGEST_FILE + " bytes");
      }
      ofFile = parse(Files.readAllBytes(file));
      read = stamp;
      problem = "";
      LOG.infof("%d targets to scrape in %s", ofFile.size(), file);
    } catch (NoSuchFileException e) {
      complain("The list of targets " + file + " does not exist yet; it is looked for again.");
    } catch (JsonProcessingException e) {
      complain(
          "The list of targets "
              + file
              + " is not valid JSON: "
              + e.getOriginalMessage()
              + "; the last good one stays in force.");
    } catch (IOException | IllegalArgumentException e) {
      complain(
          "The list of targets "
              + file
              + " cannot be used: "
              + e.getMessage()
              + "; the last good one stays in force.");
    }
  }

  private List<ScrapeTarget> parse(byte[] json) throws IOException {
    JsonNode groups = JSON.readTree(json);
    if (!groups.isArray()) {
      throw new IllegalArgumentException(
          "a JSON array of {\"targets\": [...], \"labels\": {...}} is expected");
    }
    List<ScrapeTarget> targets = new ArrayList<>();
    for (JsonNode group : groups) {
      Map<String, String> labels = new TreeMap<>();
      labels.put("job", config.job());
      group
          .path("labels")
          .properties()
          .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
      String path = labels.getOrDefault("__metrics_path__", config.path());
      for (JsonNode target : group.path("targets")) {
        targets.add(ScrapeTarget.parse(target.asText(), path, labels));
      }
    }
    return targets;
  }

  /** Says each problem once. */
  private void complain(String what) {
    if (!what.equals(problem)) {
      problem = what;
      LOG.warn(what);
    }
  }
}
