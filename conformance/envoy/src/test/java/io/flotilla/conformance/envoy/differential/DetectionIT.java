// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.Cors;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each behaviour is broken once on purpose, by telling our side alone something else: the suite
 * must see it, in the very aspect in which it shows.
 */
class DetectionIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final long SEED = 7;
  private static final int REQUESTS = 900;

  private static @TempDir Path folder;
  private static Suite suite;
  private static RouteConfiguration routes;
  private static List<Wire.Request> requests;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    suite = new Suite(ENVOY, folder);
    Generator generator = new Generator(SEED);
    routes = generator.routes(40);
    requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      requests.add(generator.request(routes));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (suite != null) {
      suite.close();
    }
  }

  /** What is broken, and the aspects of which at least one must tell it. */
  private record Break(Set<String> aspects, UnaryOperator<RouteConfiguration> how) {}

  @TestFactory
  List<DynamicTest> seesEachBehaviourThatIsBroken() {
    return breaks().entrySet().stream()
        .map(each -> DynamicTest.dynamicTest(each.getKey(), () -> isSeen(each.getValue())))
        .toList();
  }

  private static void isSeen(Break broken) throws Exception {
    Allowed allowed = Allowed.read();
    List<String> seen = new ArrayList<>();
    for (Suite.Pair pair : suite.run(routes, requests, broken.how())) {
      allowed
          .unexplained(pair)
          .forEach(difference -> seen.add(difference.substring(0, difference.indexOf(':'))));
    }
    assertThat(seen).containsAnyElementsOf(broken.aspects());
  }

  private static Map<String, Break> breaks() {
    Map<String, Break> all = new LinkedHashMap<>();
    all.put("domains", seen("route", c -> hosts(c, DetectionIT::otherDomains)));
    all.put("ports of the authority", seen("route", DetectionIT::otherPorts));
    all.put("prefixes", seen("route", c -> matches(c, m -> path(m, DetectionIT::wider))));
    all.put("exact paths", seen("route", c -> matches(c, m -> path(m, DetectionIT::exact))));
    all.put("expressions", seen("route", c -> matches(c, m -> path(m, DetectionIT::regex))));
    all.put("separated", seen("route", c -> matches(c, m -> path(m, DetectionIT::separated))));
    all.put("case", seen("route", c -> matches(c, DetectionIT::otherCase)));
    all.put("headers", seen("route", c -> matches(c, DetectionIT::noHeaders)));
    all.put("inversion", seen("route", c -> matches(c, DetectionIT::notInverted)));
    all.put("absent as empty", seen("route", c -> matches(c, DetectionIT::otherAbsence)));
    all.put("query", seen("route", c -> matches(c, DetectionIT::noQuery)));
    all.put("shares", seen("route", c -> matches(c, DetectionIT::allTaken)));
    all.put("gRPC", seen("route", c -> matches(c, DetectionIT::noGrpc)));
    all.put("order", seen("route", c -> hosts(c, DetectionIT::backwards)));
    all.put("clusters", seen("cluster", c -> forwards(c, f -> cluster(f, "one", "two"))));
    all.put("hashes", seen("endpoint", c -> forwards(c, DetectionIT::noHashes)));
    all.put("path rewrites", seen("backend line", c -> forwards(c, DetectionIT::noRewrite)));
    all.put("host rewrites", seen("backend header host", c -> forwards(c, DetectionIT::noHost)));
    all.put("mirrors", seen("shadow requests", c -> forwards(c, DetectionIT::noMirrors)));
    all.put("retries", seen("attempts", DetectionIT::noRetries));
    all.put(
        "time-outs",
        seen("backend header x-envoy-expected-rq-timeout-ms", c -> forwards(c, DetectionIT::slow)));
    all.put("attempt count", seen("backend header x-envoy-attempt-count", DetectionIT::uncounted));
    all.put("redirects", seen("answer header location", DetectionIT::otherRedirects));
    all.put("direct responses", seen("body", DetectionIT::otherAnswers));
    all.put("statuses", seen("status", DetectionIT::otherStatuses));
    all.put("delays", seen("flags", c -> faults(c, f -> new Fault(Optional.empty(), f.abort()))));
    all.put("aborts", seen("status", c -> faults(c, f -> new Fault(f.delay(), Optional.empty()))));
    all.put("CORS", seen("answer header access-control-allow-origin", DetectionIT::noCors));
    all.put("edits of requests", seen("backend header x-e1", c -> edits(c, true, false)));
    all.put("edits of answers", seen("answer header x-a1", c -> edits(c, false, true)));
    all.put("edit modes", seen("answer header x-r1", DetectionIT::allAppended));
    all.put("edits of the whole", seen("answer header x-a1", DetectionIT::noEditsOfAll));
    return all;
  }

  private static Break seen(String aspect, UnaryOperator<RouteConfiguration> how) {
    return new Break(new TreeSet<>(List.of(aspect, aspect.replace("1", "2"))), how);
  }

  // ---- how to break ----

  private static RouteConfiguration hosts(RouteConfiguration c, UnaryOperator<VirtualHost> change) {
    return new RouteConfiguration(
        c.name(),
        c.virtualHosts().stream().map(change).toList(),
        c.headerEdits(),
        c.ignorePortInHostMatching(),
        c.validateClusters(),
        c.maxDirectResponseBytes());
  }

  private static RouteConfiguration routes(RouteConfiguration c, UnaryOperator<Route> change) {
    return hosts(c, h -> host(h, h.routes().stream().map(change).toList(), h.headerEdits()));
  }

  private static VirtualHost host(VirtualHost h, List<Route> routes, HeaderEdits edits) {
    return new VirtualHost(
        h.name(), h.domains(), routes, edits, h.retryPolicy(), h.includeRequestAttemptCount());
  }

  private static Route route(Route r, RouteMatch match, RouteAction action, HeaderEdits edits) {
    return new Route(
        r.name(), match, action, edits, r.fault(), r.cors(), r.tracingOperation(), r.source());
  }

  private static RouteConfiguration matches(
      RouteConfiguration c, UnaryOperator<RouteMatch> change) {
    return routes(c, r -> route(r, change.apply(r.match()), r.action(), r.headerEdits()));
  }

  private static RouteConfiguration actions(
      RouteConfiguration c, UnaryOperator<RouteAction> change) {
    return routes(c, r -> route(r, r.match(), change.apply(r.action()), r.headerEdits()));
  }

  private static RouteConfiguration forwards(
      RouteConfiguration c, UnaryOperator<RouteAction.Forward> change) {
    return actions(c, a -> a instanceof RouteAction.Forward f ? change.apply(f) : a);
  }

  private static RouteConfiguration faults(RouteConfiguration c, UnaryOperator<Fault> change) {
    return routes(
        c,
        r ->
            new Route(
                r.name(),
                r.match(),
                r.action(),
                r.headerEdits(),
                r.fault().map(change),
                r.cors(),
                r.tracingOperation(),
                r.source()));
  }

  private static VirtualHost otherDomains(VirtualHost h) {
    return new VirtualHost(
        h.name(),
        h.domains().stream().map(d -> d.startsWith("*.") ? "*.else" + d.substring(2) : d).toList(),
        h.routes(),
        h.headerEdits(),
        h.retryPolicy(),
        h.includeRequestAttemptCount());
  }

  private static RouteConfiguration otherPorts(RouteConfiguration c) {
    return new RouteConfiguration(
        c.name(),
        c.virtualHosts(),
        c.headerEdits(),
        !c.ignorePortInHostMatching(),
        c.validateClusters(),
        c.maxDirectResponseBytes());
  }

  private static RouteMatch path(RouteMatch m, UnaryOperator<PathMatch> change) {
    return match(change.apply(m.path()), m, m.headers(), m.queryParameters());
  }

  private static RouteMatch match(
      PathMatch path, RouteMatch m, List<HeaderMatch> headers, List<QueryMatch> query) {
    return new RouteMatch(path, m.caseSensitive(), headers, query, m.runtimeFraction(), m.grpc());
  }

  private static PathMatch wider(PathMatch p) {
    return p instanceof PathMatch.Prefix x && x.value().length() > 1
        ? new PathMatch.Prefix(x.value() + "zz")
        : p;
  }

  private static PathMatch exact(PathMatch p) {
    return p instanceof PathMatch.Exact x ? new PathMatch.Prefix(x.value()) : p;
  }

  private static PathMatch regex(PathMatch p) {
    return p instanceof PathMatch.Regex x ? new PathMatch.Regex(x.regex() + ".*") : p;
  }

  private static PathMatch separated(PathMatch p) {
    return p instanceof PathMatch.PathSeparatedPrefix x ? new PathMatch.Prefix(x.value()) : p;
  }

  private static RouteMatch otherCase(RouteMatch m) {
    return new RouteMatch(
        m.path(),
        m.path() instanceof PathMatch.Regex || !m.caseSensitive(),
        m.headers(),
        m.queryParameters(),
        m.runtimeFraction(),
        m.grpc());
  }

  private static RouteMatch noHeaders(RouteMatch m) {
    return match(m.path(), m, List.of(), m.queryParameters());
  }

  private static RouteMatch notInverted(RouteMatch m) {
    return headers(m, h -> new HeaderMatch(h.name(), h.value(), false, h.absentIsEmpty()));
  }

  private static RouteMatch otherAbsence(RouteMatch m) {
    return headers(m, h -> new HeaderMatch(h.name(), h.value(), h.invert(), !h.absentIsEmpty()));
  }

  private static RouteMatch headers(RouteMatch m, UnaryOperator<HeaderMatch> change) {
    return match(m.path(), m, m.headers().stream().map(change).toList(), m.queryParameters());
  }

  private static RouteMatch noQuery(RouteMatch m) {
    return match(m.path(), m, m.headers(), List.of());
  }

  private static RouteMatch allTaken(RouteMatch m) {
    return new RouteMatch(
        m.path(),
        m.caseSensitive(),
        m.headers(),
        m.queryParameters(),
        m.runtimeFraction().map(f -> Percentage.ALL),
        m.grpc());
  }

  private static RouteMatch noGrpc(RouteMatch m) {
    return new RouteMatch(
        m.path(), m.caseSensitive(), m.headers(), m.queryParameters(), m.runtimeFraction(), false);
  }

  private static VirtualHost backwards(VirtualHost h) {
    return host(h, h.routes().reversed(), h.headerEdits());
  }

  private static RouteAction.Forward cluster(RouteAction.Forward f, String from, String to) {
    return f.cluster().equals(new ClusterChoice.Single(from))
        ? forward(f, new ClusterChoice.Single(to), f.pathRewrite(), f.hostRewrite())
        : f;
  }

  private static RouteAction.Forward forward(
      RouteAction.Forward f, ClusterChoice cluster, Optional<PathRewrite> path, HostRewrite host) {
    return new RouteAction.Forward(
        cluster,
        f.timeout(),
        f.idleTimeout(),
        f.maxGrpcTimeout(),
        f.retryPolicy(),
        path,
        host,
        f.hashPolicies(),
        f.mirrors(),
        f.upgrades());
  }

  private static RouteAction.Forward noHashes(RouteAction.Forward f) {
    return new RouteAction.Forward(
        f.cluster(),
        f.timeout(),
        f.idleTimeout(),
        f.maxGrpcTimeout(),
        f.retryPolicy(),
        f.pathRewrite(),
        f.hostRewrite(),
        f.hashPolicies().subList(0, Math.min(1, f.hashPolicies().size())),
        f.mirrors(),
        f.upgrades());
  }

  private static RouteAction.Forward noRewrite(RouteAction.Forward f) {
    return forward(f, f.cluster(), Optional.empty(), f.hostRewrite());
  }

  private static RouteAction.Forward noHost(RouteAction.Forward f) {
    return forward(f, f.cluster(), f.pathRewrite(), new HostRewrite.Keep());
  }

  private static RouteAction.Forward noMirrors(RouteAction.Forward f) {
    return new RouteAction.Forward(
        f.cluster(),
        f.timeout(),
        f.idleTimeout(),
        f.maxGrpcTimeout(),
        f.retryPolicy(),
        f.pathRewrite(),
        f.hostRewrite(),
        f.hashPolicies(),
        List.of(),
        f.upgrades());
  }

  private static RouteAction.Forward timed(
      RouteAction.Forward f, Optional<Duration> timeout, Optional<RetryPolicy> retries) {
    return new RouteAction.Forward(
        f.cluster(),
        timeout,
        f.idleTimeout(),
        f.maxGrpcTimeout(),
        retries,
        f.pathRewrite(),
        f.hostRewrite(),
        f.hashPolicies(),
        f.mirrors(),
        f.upgrades());
  }

  private static RouteAction.Forward slow(RouteAction.Forward f) {
    return timed(f, f.timeout().map(t -> t.plusMillis(7)), f.retryPolicy());
  }

  private static RouteConfiguration noRetries(RouteConfiguration c) {
    return forwards(
        hosts(
            c,
            h ->
                new VirtualHost(
                    h.name(),
                    h.domains(),
                    h.routes(),
                    h.headerEdits(),
                    Optional.empty(),
                    h.includeRequestAttemptCount())),
        f -> timed(f, f.timeout(), Optional.empty()));
  }

  private static RouteConfiguration uncounted(RouteConfiguration c) {
    return hosts(
        c,
        h ->
            new VirtualHost(
                h.name(),
                h.domains(),
                h.routes(),
                h.headerEdits(),
                h.retryPolicy(),
                !h.includeRequestAttemptCount()));
  }

  private static RouteConfiguration otherRedirects(RouteConfiguration c) {
    return actions(
        c,
        a ->
            a instanceof RouteAction.Redirect r
                ? new RouteAction.Redirect(
                    r.status(), r.scheme(), r.host(), r.port(), r.path(), !r.stripQuery())
                : a);
  }

  private static RouteConfiguration otherAnswers(RouteConfiguration c) {
    return actions(
        c,
        a ->
            a instanceof RouteAction.DirectResponse d && d.status() != 204
                ? new RouteAction.DirectResponse(d.status(), d.body() + "!")
                : a);
  }

  private static RouteConfiguration otherStatuses(RouteConfiguration c) {
    return actions(
        c,
        a ->
            a instanceof RouteAction.DirectResponse d
                ? new RouteAction.DirectResponse(d.status() == 200 ? 202 : d.status(), d.body())
                : a);
  }

  private static RouteConfiguration noCors(RouteConfiguration c) {
    return routes(
        c,
        r ->
            new Route(
                r.name(),
                r.match(),
                r.action(),
                r.headerEdits(),
                r.fault(),
                r.cors().map(DetectionIT::forNobody),
                r.tracingOperation(),
                r.source()));
  }

  private static Cors forNobody(Cors cors) {
    return new Cors(
        List.of(StringMatch.exact("http://nobody.test")),
        cors.allowMethods(),
        cors.allowHeaders(),
        cors.exposeHeaders(),
        cors.maxAge(),
        cors.allowCredentials(),
        cors.forwardNotMatchingPreflights());
  }

  private static RouteConfiguration edits(RouteConfiguration c, boolean request, boolean answer) {
    return routes(
        c,
        r ->
            route(
                r,
                r.match(),
                r.action(),
                new HeaderEdits(
                    request ? List.of() : r.headerEdits().requestAdd(),
                    r.headerEdits().requestRemove(),
                    answer ? List.of() : r.headerEdits().responseAdd(),
                    r.headerEdits().responseRemove())));
  }

  private static RouteConfiguration allAppended(RouteConfiguration c) {
    return routes(
        c,
        r ->
            route(
                r,
                r.match(),
                r.action(),
                new HeaderEdits(
                    r.headerEdits().requestAdd(),
                    r.headerEdits().requestRemove(),
                    r.headerEdits().responseAdd().stream()
                        .map(
                            e -> new HeaderEdits.Edit(e.name(), e.value(), HeaderEdits.Mode.APPEND))
                        .toList(),
                    r.headerEdits().responseRemove())));
  }

  private static RouteConfiguration noEditsOfAll(RouteConfiguration c) {
    RouteConfiguration without = hosts(c, h -> host(h, h.routes(), HeaderEdits.NONE));
    return new RouteConfiguration(
        without.name(),
        without.virtualHosts(),
        HeaderEdits.NONE,
        without.ignorePortInHostMatching(),
        without.validateClusters(),
        without.maxDirectResponseBytes());
  }
}
