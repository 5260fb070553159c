// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What h2spec says of each listener that speaks HTTP/2: each of its cases is a test here. */
class H2SpecIT {
  private static final String H2SPEC = System.getProperty("flotilla.h2spec", "");
  // generic, hpack and http2 of version 2.2.1: fewer would mean that part of it did not run.
  private static final int CASES = 145;

  private final TestMesh mesh = new TestMesh();
  private final EchoApp app = new EchoApp("app");
  private final List<EngineFixture> proxies = new ArrayList<>();
  private @TempDir Path folder;

  @BeforeAll
  static void isInstalled() {
    assumeTrue(
        Files.isExecutable(Path.of(H2SPEC)),
        "there is no h2spec at '"
            + H2SPEC
            + "'; conformance/install.sh installs one, or -Dflotilla.h2spec names one");
  }

  @AfterEach
  void stop() {
    proxies.forEach(EngineFixture::close);
    app.close();
  }

  @TestFactory
  Stream<DynamicNode> passesInPlaintextAtTheSidecar() throws Exception {
    return judge(sidecar(), false);
  }

  @TestFactory
  Stream<DynamicNode> passesOverTlsAtTheSidecar() throws Exception {
    return judge(sidecar(), true);
  }

  @TestFactory
  Stream<DynamicNode> passesOverTlsAtTheGateway() throws Exception {
    EngineFixture gateway = EngineFixture.gateway("edge");
    return judge(serve(gateway, TestMesh.edge(TestMesh.toApp())), true);
  }

  /** As an inbound listener in PERMISSIVE mode, but that h2spec has no certificate to show. */
  private EngineFixture sidecar() {
    Listener strict = TestMesh.inbound(TestMesh.toApp(), true);
    return serve(new EngineFixture("server"), TestMesh.withoutClientCertificates(strict));
  }

  private EngineFixture serve(EngineFixture proxy, Listener listener) {
    proxies.add(proxy);
    return proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(listener),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.fixed("app", app.port())),
            mesh.secrets("server")));
  }

  private Stream<DynamicNode> judge(EngineFixture proxy, boolean tls) throws Exception {
    Path report = folder.resolve("report.xml");
    Path said = folder.resolve("said.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                H2SPEC,
                "--host=127.0.0.1",
                "--port=" + proxy.port(TestMesh.IN),
                "--timeout=3",
                "--junit-report=" + report));
    if (tls) {
      command.addAll(List.of("--tls", "--insecure"));
    }
    command.addAll(List.of("generic", "hpack", "http2"));
    Process h2spec =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    boolean ended = h2spec.waitFor(5, TimeUnit.MINUTES);
    h2spec.destroyForcibly();
    assertThat(ended).as("h2spec did not end; it said %s", Files.readString(said)).isTrue();
    assertThat(report).as(Files.readString(said)).exists();
    List<DynamicNode> sections = sections(report);
    return sections.stream();
  }

  private static List<DynamicNode> sections(Path report) throws Exception {
    Element root =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getDocumentElement();
    List<DynamicNode> sections = new ArrayList<>();
    int cases = 0;
    for (Element suite : children(root, "testsuite")) {
      List<Element> all = children(suite, "testcase");
      cases += all.size();
      if (!all.isEmpty()) {
        sections.add(
            dynamicContainer(
                suite.getAttribute("id") + " " + suite.getAttribute("name"),
                all.stream().map(H2SpecIT::result)));
      }
    }
    int found = cases;
    sections.add(
        dynamicTest("every case ran", () -> assertThat(found).isGreaterThanOrEqualTo(CASES)));
    return sections;
  }

  private static DynamicNode result(Element one) {
    List<String> bad =
        Stream.of("failure", "error", "skipped")
            .flatMap(kind -> children(one, kind).stream())
            .map(e -> e.getTagName() + ": " + e.getTextContent().strip())
            .toList();
    return dynamicTest(
        one.getAttribute("package") + " " + one.getAttribute("classname"),
        () -> assertThat(bad).isEmpty());
  }

  private static List<Element> children(Element of, String tag) {
    NodeList all = of.getElementsByTagName(tag);
    return IntStream.range(0, all.getLength()).mapToObj(i -> (Element) all.item(i)).toList();
  }
}
