// SPDX-License-Identifier: Apache-2.0
package io.flotilla.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules that hold for every committed file. */
class RepositoryTest {
  private static final Path ROOT =
      Path.of(System.getProperty("flotilla.root", "../..")).toAbsolutePath().normalize();
  private static final Pattern DEPENDENCY =
      Pattern.compile(
          "<dependency>\\s*<groupId>([^<]+)</groupId>\\s*<artifactId>([^<]+)</artifactId>");
  private static final Pattern ROW = Pattern.compile("^\\| `([^`:]+):([^`]+)` \\|");
  // Assembled, so that this file does not match itself.
  private static final List<String> REGISTRIES =
      List.of(
          "repo.maven" + ".apache.org",
          "repo1" + ".maven.org",
          "registry.npm" + "js.org",
          "pypi" + ".org",
          "proxy.golang" + ".org",
          "deb.debian" + ".org");
  private static final List<String> MACHINE_PATHS =
      List.of("\"/work" + "/", " /work" + "/", "/root" + "/.");

  @Test
  void noFileNamesARegistrysHost() throws Exception {
    assertThat(linesWith(REGISTRIES)).isEmpty();
  }

  @Test
  void noFileNamesAPathOfOneMachine() throws Exception {
    assertThat(linesWith(MACHINE_PATHS)).isEmpty();
  }

  @Test
  void everyDependencyHasItsReasonInTheDocuments() throws Exception {
    Set<String> explained = new TreeSet<>();
    for (String line : Files.readAllLines(ROOT.resolve("docs/dependencies.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.find()) {
        explained.add(row.group(1) + ":" + row.group(2));
      }
    }
    Set<String> unexplained = new TreeSet<>();
    for (Path file : committed()) {
      if (file.endsWith("pom.xml")) {
        Matcher m = DEPENDENCY.matcher(Files.readString(file));
        while (m.find()) {
          boolean known =
              m.group(1).startsWith("io.flotilla")
                  || m.group(1).equals("io.quarkus.platform")
                  || explained.contains(m.group(1) + ":*")
                  || explained.contains(m.group(1) + ":" + m.group(2));
          if (!known) {
            unexplained.add(m.group(1) + ":" + m.group(2));
          }
        }
      }
    }
    assertThat(unexplained).as("dependencies that docs/dependencies.md does not explain").isEmpty();
  }

  @Test
  void everyTestThatTheFeatureTableNamesExists() throws Exception {
    Path table = ROOT.resolve("docs/features.md");
    Set<String> names = new TreeSet<>();
    for (Path file : committed()) {
      String name = file.getFileName().toString();
      if (file.toString().contains("/src/test/")) {
        names.add(name.replaceAll("\\.(java|ts|tsx)$", ""));
      }
    }
    List<String> unknown = new ArrayList<>();
    Matcher named =
        Pattern.compile("`([A-Z][A-Za-z0-9]*(?:Test|IT))(?:#(\\w+))?`")
            .matcher(Files.readString(table));
    while (named.find()) {
      if (!names.contains(named.group(1))) {
        unknown.add(named.group());
      }
    }
    assertThat(unknown).as("tests that docs/features.md names and nobody wrote").isEmpty();
  }

  @Test
  void everyLinkBetweenDocumentsLeadsSomewhere() throws Exception {
    Pattern link = Pattern.compile("\\]\\(([^)#:\\s]+)(?:#[^)]*)?\\)");
    List<String> dangling = new ArrayList<>();
    for (Path file : committed()) {
      if (file.toString().endsWith(".md")) {
        Matcher m = link.matcher(Files.readString(file));
        while (m.find()) {
          if (!Files.exists(file.getParent().resolve(m.group(1)))) {
            dangling.add(ROOT.relativize(file) + ": " + m.group(1));
          }
        }
      }
    }
    assertThat(dangling).isEmpty();
  }

  private static List<String> linesWith(List<String> words) throws Exception {
    List<String> found = new ArrayList<>();
    for (Path file : committed()) {
      try {
        int number = 0;
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
          number++;
          for (String word : words) {
            if (line.contains(word)) {
              found.add(ROOT.relativize(file) + ":" + number + ": " + word);
            }
          }
        }
      } catch (MalformedInputException binary) {
        continue;
      }
    }
    return found;
  }

  private static List<Path> committed() throws IOException, InterruptedException {
    Process git = new ProcessBuilder("git", "ls-files", "-z").directory(ROOT.toFile()).start();
    String names = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(git.waitFor()).as("git ls-files").isZero();
    List<Path> files = new ArrayList<>();
    for (String name : names.split("\0")) {
      Path file = ROOT.resolve(name);
      if (Files.isRegularFile(file)) {
        files.add(file);
      }
    }
    return files;
  }
}
