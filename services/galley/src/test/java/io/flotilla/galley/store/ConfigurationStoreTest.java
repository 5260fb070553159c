// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.api.ObjectKey;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.check.Finding;
import io.flotilla.galley.history.HistoryFile;
import io.flotilla.galley.history.LastGoodFile;
import io.flotilla.galley.intake.FileChange;
import io.flotilla.galley.intake.FileSignature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationStoreTest {
  private static final ObjectKey A = new ObjectKey("", "Service", "default", "a");
  private static final ObjectKey B = new ObjectKey("", "Service", "default", "b");

  @TempDir Path folder;

  private final ConfigurationStore store = new ConfigurationStore(Clock.systemUTC());
  private long modified;

  @Test
  void keepsTheLastGoodVersionOfARefusedObjectOnly() {
    save("x.yaml", service("a", 80) + "---\n" + service("b", 80));

    Revision revision = save("x.yaml", service("a", 0) + "---\n" + service("b", 90)).orElseThrow();

    assertThat(port(A)).isEqualTo(80);
    assertThat(store.current().objects().get(A).lastGood()).isTrue();
    assertThat(port(B)).isEqualTo(90);
    assertThat(revision.rejections()).hasSize(1);
    assertThat(revision.changes()).extracting(ObjectChange::key).containsExactly(B);
  }

  @Test
  void keepsEverythingThatAnUnreadableDocumentMightHaveBeen() {
    save("x.yaml", service("a", 80) + "---\n" + service("b", 80));

    save("x.yaml", "kind: [\n---\n" + service("b", 90));

    assertThat(port(A)).isEqualTo(80);
    assertThat(port(B)).isEqualTo(90);
  }

  @Test
  void removesWhatIsNoLongerThere() {
    save("x.yaml", service("a", 80) + "---\n" + service("b", 80));

    save("x.yaml", service("b", 80));

    assertThat(store.current().objects()).containsOnlyKeys(B);
    remove("x.yaml");
    assertThat(store.current().objects()).isEmpty();
  }

  @Test
  void letsTheFileCountThatWasSavedLast() {
    save("x.yaml", service("a", 80));
    save("y.yaml", service("a", 90));
    assertThat(port(A)).isEqualTo(90);
    assertThat(store.current().findings())
        .extracting(Finding::message)
        .anyMatch(message -> message.contains("is defined in y.yaml:1 too"));

    Revision again = save("x.yaml", service("a", 80)).orElseThrow();

    assertThat(port(A)).isEqualTo(80);
    assertThat(again.changes().getFirst().kind()).isEqualTo(ObjectChange.Kind.ROLLED_BACK);
  }

  @Test
  void makesNoRevisionOfAChangeThatMeansNothing() {
    save("x.yaml", service("a", 80));

    assertThat(save("x.yaml", "# a comment\n\n" + service("a", 80))).isEmpty();
    assertThat(store.current().objects().get(A).resource().origin().line()).isEqualTo(3);
  }

  @Test
  void goesOnAfterARestartWithWhatWasLastGood() {
    save("x.yaml", service("a", 80));
    save("y.yaml", service("a", 90));
    LastGoodFile file = new LastGoodFile(folder);
    file.write(store.current().revision(), store.files());

    ConfigurationStore next = new ConfigurationStore(Clock.systemUTC());
    LastGoodFile.State state = new LastGoodFile(folder).read().orElseThrow();
    next.restore(state.revision(), state.files());

    assertThat(next.current().revision()).isEqualTo(store.current().revision());
    next.apply(
        List.of(change("x.yaml", service("a", 0), 1000), change("y.yaml", service("a", 0), 1001)));
    assertThat(
            next.current().objects().get(A).resource().document().at("/spec/ports/0/port").asInt())
        .isEqualTo(90);
    assertThat(next.current().rejections()).hasSize(2);
  }

  @Test
  void goesOnServingWhenTheDiskIsFull() throws IOException {
    Path notAFolder = Files.writeString(folder.resolve("file"), "");
    LastGoodFile lastGood = new LastGoodFile(notAFolder.resolve("state"));
    HistoryFile history = new HistoryFile(notAFolder.resolve("state"), 1000);
    Revision revision = save("x.yaml", service("a", 80)).orElseThrow();

    lastGood.write(revision.revision(), store.files());
    history.append(revision);

    assertThat(lastGood.trouble().orElseThrow()).contains("could not be kept for a restart");
    assertThat(history.trouble().orElseThrow())
        .startsWith("revision 1 is in force, but could not be written to");
  }

  @Test
  void tellsWhenTheDeviceHasNoSpaceLeft() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "no /dev/full");
    Files.createSymbolicLink(folder.resolve("history.jsonl"), full);
    HistoryFile history = new HistoryFile(folder, 1 << 20);

    history.append(save("x.yaml", service("a", 80)).orElseThrow());

    assertThat(history.trouble().orElseThrow()).contains("space");
  }

  @Test
  void writesWhoWhenWhatAndWhyAndBeginsAnewWhenItIsLong() throws IOException {
    HistoryFile history = new HistoryFile(folder, 1500);
    for (int port = 1; port <= 10; port++) {
      history.append(save("x.yaml", service("a", port)).orElseThrow());
    }

    assertThat(folder.resolve("history.1.jsonl")).exists();
    assertThat(history.newest(1))
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.path("revision").asInt()).isEqualTo(10);
              assertThat(line.path("author").asText()).isEqualTo("ann");
              assertThat(line.path("cause").asText()).isEqualTo("x.yaml was saved");
              assertThat(line.path("changes").get(0).path("object").asText())
                  .isEqualTo("Service default/a");
              assertThat(line.path("changes").get(0).at("/document/spec/ports/0/port").asInt())
                  .isEqualTo(10);
            });
  }

  private Optional<Revision> save(String file, String yaml) {
    return store.apply(List.of(change(file, yaml, ++modified)));
  }

  private void remove(String file) {
    store.apply(List.of(new FileChange(file, "ann", FileSignature.ABSENT, Optional.empty())));
  }

  private static FileChange change(String file, String yaml, long modified) {
    return new FileChange(
        file,
        "ann",
        new FileSignature(yaml.length(), modified, file),
        Optional.of(new ManifestReader().read(yaml, file)));
  }

  private int port(ObjectKey key) {
    return store
        .current()
        .objects()
        .get(key)
        .resource()
        .document()
        .at("/spec/ports/0/port")
        .asInt();
  }

  private static String service(String name, int port) {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {ports: [{name: http, port: %d}]}
        """
        .formatted(name, port);
  }
}
