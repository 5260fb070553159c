// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The CRDs and the overlay {@code minimal}, applied to a real API server by a real kubectl. The
 * property {@code flotilla.kubernetes.tools} names the folder of scripts that start one.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KubernetesIT {
  private static final Path TOOLS = Path.of(System.getProperty("flotilla.kubernetes.tools"));
  private static final Path ROOT = Path.of(System.getProperty("flotilla.root"));
  private static final Path CORPUS = Path.of(System.getProperty("flotilla.corpus"));
  private static final Path CACHE =
      Path.of(
          System.getenv()
              .getOrDefault(
                  "MESH_K8S_CACHE", System.getProperty("user.home") + "/.cache/mesh-k8s"));
  private static final List<String> NEEDED =
      List.of("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl");

  private static final Set<String> KINDS =
      Set.of(
          "VirtualService",
          "DestinationRule",
          "Gateway",
          "ServiceEntry",
          "WorkloadEntry",
          "PeerAuthentication");
  private static final Pattern KIND = Pattern.compile("(?m)^kind: (\\w+)");
  private static final Pattern EXPECTED = Pattern.compile("(?m)^_err: ['\"]?(.*?)['\"]?$");

  @TempDir static Path state;

  private record Outcome(int status, String output) {}

  @BeforeAll
  static void startTheApiServer() throws Exception {
    assumeThat(TOOLS)
        .as("the scripts that start a Kubernetes API server are not here")
        .isDirectory();
    assumeThat(System.getProperty("user.name"))
        .as("a Kubernetes API server needs root")
        .isEqualTo("root");
    List<String> missing =
        NEEDED.stream().filter(name -> !Files.isExecutable(CACHE.resolve("bin/" + name))).toList();
    if (!missing.isEmpty()) {
      List<String> build =
          new ArrayList<>(List.of("bash", TOOLS.resolve("build-kube.sh").toString()));
      build.addAll(missing);
      assertThat(run(1800, build).status()).as("building " + missing).isZero();
    }
    Outcome up = run(120, List.of("bash", TOOLS.resolve("up.sh").toString(), "api"));
    assertThat(up.status()).as(up.output()).isZero();
  }

  @AfterAll
  static void stopIt() throws Exception {
    if (Files.isDirectory(TOOLS)) {
      run(60, List.of("bash", TOOLS.resolve("down.sh").toString()));
    }
  }

  @Test
  @Order(1)
  void acceptsTheCrds() throws Exception {
    Outcome applied = kubectl("apply", "-k", ROOT.resolve("kustomize/crds").toString());

    assertThat(applied.status()).as(applied.output()).isZero();
    // kubectl's wait gives up on a CRD that has no conditions yet, so it is asked again.
    Outcome established = new Outcome(1, "not asked yet");
    for (int i = 0; i < 20 && established.status() != 0; i++) {
      established =
          kubectl(
              "wait",
              "--for=condition=Established",
              "--timeout=5s",
              "crd",
              "virtualservices.networking.istio.io",
              "destinationrules.networking.istio.io",
              "gateways.networking.istio.io",
              "serviceentries.networking.istio.io",
              "workloadentries.networking.istio.io",
              "peerauthentications.security.istio.io");
    }
    assertThat(established.status()).as(established.output()).isZero();
  }

  @Test
  @Order(2)
  void acceptsTheOverlayMinimal() throws Exception {
    Outcome applied = kubectl("apply", "-k", ROOT.resolve("kustomize/overlays/minimal").toString());

    assertThat(applied.status()).as(applied.output()).isZero();
    assertThat(kubectl("get", "-n", "istio-system", "deployments,services", "-o", "name").output())
        .contains(
            "deployment.apps/galley",
            "deployment.apps/pilot",
            "deployment.apps/citadel",
            "deployment.apps/telemetry",
            "deployment.apps/console",
            "service/istiod");
  }

  @Test
  @Order(3)
  void acceptsUpstreamsBookinfoUnchanged() throws Exception {
    assumeThat(CORPUS).as("upstream's samples are not here").isDirectory();

    Outcome applied =
        kubectl("apply", "-f", CORPUS.resolve("samples/bookinfo/networking").toString());

    assertThat(applied.status()).as(applied.output()).isZero();
  }

  @Test
  @Order(4)
  void refusesWhatTheSchemaForbids() throws Exception {
    assertRefused("weight: much", "spec.http[0].route[0].weight");
    assertRefused("wieght: 1", "wieght");
  }

  @Test
  @Order(5)
  void judgesUpstreamsDocumentsAsUpstreamsCrds() throws Exception {
    Path folder = CORPUS.resolve("validation-crds/crds");
    assumeThat(folder).as("upstream's documents are not here").isDirectory();
    int judged = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        for (String document : Files.readString(file).split("(?m)^---\\s*$")) {
          Matcher kind = KIND.matcher(document);
          if (kind.find() && KINDS.contains(kind.group(1))) {
            assertVerdict(file, document);
            judged++;
          }
        }
      }
    }
    assertThat(judged).isGreaterThan(40);
  }

  /** A document's line {@code _err} is a part of the sentence with which it must be refused. */
  private static void assertVerdict(Path from, String document) throws Exception {
    Matcher error = EXPECTED.matcher(document);
    Path file =
        Files.writeString(
            state.resolve("document.yaml"), EXPECTED.matcher(document).replaceAll(""));

    Outcome created =
        kubectl(
            "create",
            "--dry-run=server",
            "--validate=false",
            "--namespace=default",
            "-f",
            file.toString());

    String what = from.getFileName() + ":" + document + created.output();
    if (error.find()) {
      assertThat(created.status()).as(what).isNotZero();
      assertThat(created.output()).as(what).contains(error.group(1));
    } else {
      assertThat(created.status()).as(what).isZero();
    }
  }

  private static void assertRefused(String line, String named) throws Exception {
    Path file =
        Files.writeString(
            state.resolve("refused.yaml"),
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: refused, namespace: default}
            spec:
              hosts: [reviews]
              http:
              - route:
                - destination: {host: reviews}
                  %s
            """
                .formatted(line));

    Outcome applied = kubectl("apply", "--validate=strict", "-f", file.toString());

    assertThat(applied.status()).as(applied.output()).isNotZero();
    assertThat(applied.output()).contains(named);
  }

  private static Outcome kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                CACHE.resolve("bin/kubectl").toString(),
                "--kubeconfig",
                CACHE.resolve("run/admin.conf").toString()));
    command.addAll(List.of(arguments));
    return run(120, command);
  }

  private static Outcome run(int seconds, List<String> command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(state, "command", ".log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(command + " did not end in " + seconds + " s");
    }
    return new Outcome(process.exitValue(), Files.readString(log, StandardCharsets.UTF_8));
  }
}
