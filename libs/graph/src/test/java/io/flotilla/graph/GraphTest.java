// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GraphTest {
  private final GraphBuilder builder = new GraphBuilder();
  private final Source<String, Integer> numbers = builder.source("numbers");
  private final Source<String, Integer> factors = builder.source("factors");
  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void reevaluatesOnlyWhatReadTheChangedKey() {
    Collection<String, Integer> products = products();
    Graph graph = builder.build();
    graph.transact(
        tx -> {
          tx.set(numbers, "a", 2);
          tx.set(numbers, "b", 3);
          tx.set(factors, "a", 10);
        });
    runs.set(0);

    View view = graph.transact(tx -> tx.set(factors, "b", 100));

    assertThat(view.all(products)).isEqualTo(Map.of("a", 20, "b", 300));
    assertThat(runs).hasValue(1);
  }

  @Test
  void stopsAtAnEqualValue() {
    Collection<String, Boolean> even =
        builder.map("even", numbers, (reads, key, n) -> Optional.of(n % 2 == 0));
    Collection<String, String> words =
        builder.map(
            "words",
            even,
            (reads, key, is) -> {
              runs.incrementAndGet();
              return Optional.of(is ? "even" : "odd");
            });
    Graph graph = builder.build();
    graph.transact(tx -> tx.set(numbers, "a", 2));
    runs.set(0);

    View view = graph.transact(tx -> tx.set(numbers, "a", 4));

    assertThat(runs).hasValue(0);
    assertThat(view.revision()).isEqualTo(new Revision(2));
    assertThat(view.entry(words, "a")).hasValue(new Entry<>("even", new Revision(1)));
  }

  @Test
  void aTransactionThatChangesNothingMakesNoRevision() {
    Graph graph = builder.build();
    View before = graph.transact(tx -> tx.set(numbers, "a", 2));

    assertThat(graph.transact(tx -> tx.set(numbers, "a", 2))).isSameAs(before);
  }

  @Test
  void listenersHearOnceAfterTheWholeTransactionSettled() {
    Collection<String, Integer> products = products();
    Graph graph = builder.build();
    List<SortedMap<String, Change<Integer>>> heard = new ArrayList<>();
    Subscription<String, Integer> subscription =
        graph.listen(
            products,
            changes -> {
              assertThat(changes.view()).isSameAs(graph.view());
              heard.add(changes.byKey());
            });

    graph.transact(
        tx -> {
          tx.set(numbers, "a", 2);
          tx.set(factors, "a", 3);
        });
    graph.transact(tx -> tx.remove(numbers, "a"));
    subscription.close();
    graph.transact(tx -> tx.set(numbers, "b", 1));

    assertThat(heard)
        .containsExactly(
            new java.util.TreeMap<>(Map.of("a", new Change<>(null, 6))),
            new java.util.TreeMap<>(Map.of("a", new Change<>(6, null))));
  }

  @Test
  void aForkLeavesItsOriginUntouched() {
    Collection<String, Integer> products = products();
    Graph graph = builder.build();
    graph.transact(tx -> tx.set(numbers, "a", 2));

    Graph fork = graph.fork();
    View dry = fork.transact(tx -> tx.set(factors, "a", 50));

    assertThat(dry.all(products)).isEqualTo(Map.of("a", 100));
    assertThat(graph.view().all(products)).isEqualTo(Map.of("a", 2));
    assertThat(graph.transact(tx -> tx.set(factors, "a", 7)).all(products))
        .isEqualTo(Map.of("a", 14));
    assertThat(fork.view().all(products)).isEqualTo(Map.of("a", 100));
  }

  @Test
  void tellsWhichSourcesAnEntryCameFrom() {
    Collection<String, Integer> products = products();
    Graph graph = builder.build();
    graph.transact(tx -> tx.set(numbers, "a", 2));
    View view = graph.transact(tx -> tx.set(factors, "a", 3));

    assertThat(view.provenance(products, "a").origins())
        .containsExactlyInAnyOrder(
            new Provenance.Origin("numbers", "a", new Revision(1)),
            new Provenance.Origin("factors", "a", new Revision(2)));
  }

  @Test
  void aFunctionThatThrowsKeepsItsLastGoodOutputAndIsNamed() {
    Collection<String, Integer> inverse =
        builder.map("inverse", numbers, (reads, key, n) -> Optional.of(100 / n));
    Graph graph = builder.build();
    graph.transact(tx -> tx.set(numbers, "a", 5));

    View view =
        graph.transact(
            tx -> {
              tx.set(numbers, "a", 0);
              tx.set(numbers, "b", 4);
            });

    assertThat(view.all(inverse)).isEqualTo(Map.of("a", 20, "b", 25));
    assertThat(view.failures()).containsExactly(new Failure("inverse", "a", "/ by zero"));
    assertThat(graph.transact(tx -> tx.set(numbers, "a", 1)).failures()).isEmpty();
  }

  @Test
  void refusesToReadWhatIsDescribedLater() {
    List<Collection<String, Integer>> later = new ArrayList<>();
    builder.map("early", numbers, (reads, key, n) -> reads.get(later.getFirst(), key));
    later.add(builder.map("late", numbers, (reads, key, n) -> Optional.of(n)));
    Graph graph = builder.build();

    View view = graph.transact(tx -> tx.set(numbers, "a", 1));

    assertThat(view.failures())
        .singleElement()
        .satisfies(f -> assertThat(f.reason()).contains("'early' reads 'late'"));
  }

  @Test
  void aListenerMustNotWrite() {
    Graph graph = builder.build();
    graph.listen(numbers, changes -> graph.transact(tx -> tx.set(numbers, "b", 1)));

    assertThatThrownBy(() -> graph.transact(tx -> tx.set(numbers, "a", 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("must not start a transaction");
  }

  private Collection<String, Integer> products() {
    return builder.map(
        "products",
        numbers,
        (reads, key, n) -> {
          runs.incrementAndGet();
          return Optional.of(n * reads.get(factors, key).orElse(1));
        });
  }
}
