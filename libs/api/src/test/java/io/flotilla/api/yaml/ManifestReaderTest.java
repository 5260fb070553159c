// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.flotilla.api.Kinds;
import io.flotilla.api.PassedBy;
import io.flotilla.api.Rejection;
import io.flotilla.api.Resource;
import io.flotilla.api.networking.HttpRoute;
import io.flotilla.api.networking.VirtualService;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestReaderTest {
  private static final String GOOD =
      """
      apiVersion: networking.istio.io/v1alpha3
      kind: VirtualService
      metadata: {name: reviews, namespace: bookinfo}
      spec:
        hosts: [reviews]
        http:
        - timeout: 1m30.5s
          route:
          - destination: {host: reviews, subset: v1}
            weight: 100
      """;

  @Test
  void readsTypedValues() {
    Resource<VirtualService> resource = only(GOOD).as(Kinds.VIRTUAL_SERVICE);

    assertThat(resource.metadata().fullName()).isEqualTo("bookinfo/reviews");
    assertThat(resource.origin().toString()).isEqualTo("test.yaml:1");
    HttpRoute route = resource.spec().http().getFirst();
    assertThat(route.timeout()).contains(Duration.ofMillis(90_500));
    assertThat(route.route().getFirst().weight()).contains(100);
    assertThat(route.route().getFirst().destination().subset()).contains("v1");
  }

  @Test
  void keepsTheNeighboursOfADocumentThatIsNotYaml() {
    Manifest manifest = read(GOOD + "---\nkind: [\n---\n" + GOOD.replace("reviews", "ratings"));

    assertThat(manifest.resources())
        .extracting(resource -> resource.metadata().name())
        .containsExactly("reviews", "ratings");
    assertThat(manifest.resources().getLast().origin().line()).isEqualTo(14);
    Rejection rejection = manifest.rejections().getFirst();
    assertThat(rejection.line()).isBetween(11, 14);
    assertThat(rejection.reason()).startsWith("not YAML: ");
  }

  @Test
  void namesTheFieldThatWasProbablyMeant() {
    Rejection rejection = refused(GOOD.replace("timeout:", "tiemout:"));

    assertThat(rejection)
        .hasToString(
            "test.yaml:7: VirtualService bookinfo/reviews: spec.http[0].tiemout: unknown field;"
                + " did you mean 'timeout'?");
  }

  @Test
  void tellsAllProblemsOfADocumentAtOnce() {
    Rejection rejection =
        refused(GOOD.replace("weight: 100", "weight: -1").replace("1m30.5s", "90"));

    assertThat(rejection.problems())
        .extracting(problem -> problem.path() + " " + problem.line())
        .containsExactlyInAnyOrder("spec.http[0].timeout 7", "spec.http[0].route[0].weight 10");
  }

  @Test
  void namesTheKindThatWasProbablyMeant() {
    assertThat(refused(GOOD.replace("VirtualService", "VirtualServce")).reason())
        .isEqualTo(
            "kind: networking.istio.io has no kind 'VirtualServce'; did you mean"
                + " 'VirtualService'?");
  }

  @Test
  void namesTheVersionsOfAKind() {
    assertThat(refused(GOOD.replace("v1alpha3", "v1alpha4")).reason())
        .contains("networking.istio.io/v1, networking.istio.io/v1beta1");
  }

  @Test
  void passesByWhatIsNotMeshConfiguration() {
    Manifest manifest =
        read(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 1}\n---\n"
                + "apiVersion: networking.istio.io/v1\nkind: EnvoyFilter\nmetadata: {name: b}\n");

    assertThat(manifest.rejections()).isEmpty();
    assertThat(manifest.passedBy())
        .extracting(PassedBy::object, PassedBy::surprising)
        .containsExactly(tuple("Deployment a", false), tuple("EnvoyFilter b", true));
  }

  @Test
  void readsTheItemsOfAListEachWithItsLine() {
    Manifest manifest =
        read(
            """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: Service
              metadata: {name: a}
              spec: {ports: [{port: 80, targetPort: http}]}
            - apiVersion: v1
              kind: Service
              metadata: {name: b}
              spec: {ports: [{port: 0}]}
            """);

    assertThat(manifest.resources()).hasSize(1);
    assertThat(manifest.rejections().getFirst())
        .hasToString(
            "test.yaml:11: Service default/b: spec.ports[0].port: must be 1 to 65535, not 0");
  }

  @Test
  void refusesAFieldThatIsThereTwice() {
    assertThat(refused(GOOD + "kind: Gateway\n"))
        .hasToString("test.yaml:11: the field 'kind' is there twice: remove one");
  }

  @Test
  void refusesMoreThanOneOfAlternatives() {
    String two =
        GOOD.replace("  - timeout: 1m30.5s\n", "  - match: [{uri: {exact: /a, prefix: /b}}]\n");

    assertThat(refused(two).reason())
        .isEqualTo(
            "spec.http[0].match[0].uri: only one of exact, prefix may be set: remove the others");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timeout: 1m30.5s | timeout: 0s | must be a valid duration greater than 1ms",
        "timeout: 1m30.5s | timeout: soon | must be a duration such as '1.5s'",
        "weight: 100 | weight: '100' | must be a whole number, not '100'",
        "weight: 100 | weight: 1.5 | must be a whole number, not 1.5",
        "subset: v1 | subset: 1 | must be text, not 1: put it in quotes",
        "subset: v1 | port: {number: 65536} | a port is 1 to 65535, not 65536",
        "subset: v1 | port: {number: -1} | must be 0 to 2147483647, not -1",
        "hosts: [reviews] | hosts: reviews | must be a list, not 'reviews'",
        "hosts: [reviews] | hosts: ['a b'] | 'a b' is not a host",
      })
  void refusesAValueThatDoesNotFit(String good, String bad, String reason) {
    assertThat(refused(GOOD.replace(good, bad)).reason()).contains(reason);
  }

  @Test
  void refusesABombOfAliases() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String alias = "*a" + (i - 1);
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("," + alias).repeat(10).substring(1)));
    }

    assertThat(refused(bomb.toString()).reason()).containsAnyOf("aliases", "values");
  }

  @Test
  void refusesWhatIsNestedTooDeep() {
    assertThat(refused("a: " + "[".repeat(5000) + "]".repeat(5000)).reason())
        .containsIgnoringCase("depth");
  }

  @Test
  void refusesATextThatIsTooLong() {
    byte[] long10 = ("# " + "x".repeat(10 << 20)).getBytes(StandardCharsets.UTF_8);

    Manifest manifest = new ManifestReader().read(long10, "long.yaml");

    assertThat(manifest.rejections())
        .singleElement()
        .satisfies(
            rejection -> assertThat(rejection.reason()).contains("split it into several files"));
  }

  @Test
  void refusesWhatIsNotText() {
    Manifest manifest = new ManifestReader().read(new byte[] {(byte) 0xff, 0, 1}, "bytes.yaml");

    assertThat(manifest.rejections()).hasSize(1);
    assertThat(manifest.rejections().getFirst().reason()).contains("not UTF-8");
  }

  @Test
  void takesEmptyDocumentsAndCommentsForNothing() {
    Manifest manifest = read("---\n# only a comment\n---\n---\n" + GOOD + "---\n");

    assertThat(manifest.rejections()).isEmpty();
    assertThat(manifest.resources()).hasSize(1);
  }

  @Test
  void mergesMappings() {
    String merged =
        """
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: a, labels: &labels {app: a}}
        spec:
          address: 10.0.0.1
          labels:
            <<: *labels
            version: v1
        """;

    assertThat(only(merged).as(Kinds.WORKLOAD_ENTRY).spec().labels())
        .containsOnlyKeys("app", "version");
  }

  @Test
  void readsManyDocumentsInOrder() {
    String many =
        IntStream.range(0, 500)
            .mapToObj(i -> GOOD.replace("name: reviews", "name: vs-" + i))
            .collect(Collectors.joining("---\n"));

    assertThat(read(many).resources()).hasSize(500);
  }

  private static Manifest read(String yaml) {
    return new ManifestReader().read(yaml, "test.yaml");
  }

  private static Resource<?> only(String yaml) {
    Manifest manifest = read(yaml);
    assertThat(manifest.rejections()).isEmpty();
    assertThat(manifest.resources()).hasSize(1);
    return manifest.resources().getFirst();
  }

  private static Rejection refused(String yaml) {
    Manifest manifest = read(yaml);
    assertThat(manifest.resources()).isEmpty();
    assertThat(manifest.rejections()).hasSize(1);
    return manifest.rejections().getFirst();
  }
}
