// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private static Route to(String cluster, RouteMatch match) {
    return Route.of(cluster, match, RouteAction.Forward.to(cluster));
  }

  private static String cluster(RouteTable table, TestRequest request) {
    return table
        .match(request, () -> 0)
        .map(m -> ((RouteAction.Forward) m.route().action()).cluster())
        .flatMap(c -> Choice.cluster(c, request, 0))
        .map(Choice.Chosen::cluster)
        .orElse("none");
  }

  private static RouteTable table(VirtualHost... hosts) {
    return new RouteTable(RouteConfiguration.of("t", List.of(hosts)));
  }

  private static VirtualHost host(String name, Route... routes) {
    return VirtualHost.of(name, List.of(name), List.of(routes));
  }

  @Test
  void prefersTheMoreSpecificDomain() {
    RouteTable table =
        table(
            host("*", to("any", RouteMatch.ANY)),
            host("*.example.com", to("suffix", RouteMatch.ANY)),
            host("*.a.example.com", to("longer", RouteMatch.ANY)),
            host("www.*", to("prefix", RouteMatch.ANY)),
            host("www.example.com", to("exact", RouteMatch.ANY)));

    assertThat(cluster(table, TestRequest.get("WWW.example.com:80", "/"))).isEqualTo("exact");
    assertThat(cluster(table, TestRequest.get("b.a.example.com", "/"))).isEqualTo("longer");
    assertThat(cluster(table, TestRequest.get("b.example.com", "/"))).isEqualTo("suffix");
    assertThat(cluster(table, TestRequest.get("www.other.org", "/"))).isEqualTo("prefix");
    assertThat(cluster(table, TestRequest.get("[::1]", "/"))).isEqualTo("any");
  }

  @Test
  void routesByHeaderBeforePrefix() {
    RouteMatch jason =
        new RouteMatch(
            new PathMatch.Prefix("/"),
            true,
            List.of(HeaderMatch.of("End-User", StringMatch.exact("jason"))),
            List.of(),
            Optional.empty(),
            false);
    RouteTable table = table(host("*", to("v2", jason), to("v3", RouteMatch.ANY)));

    assertThat(cluster(table, TestRequest.get("r", "/").with("end-user", "jason"))).isEqualTo("v2");
    assertThat(cluster(table, TestRequest.get("r", "/"))).isEqualTo("v3");
    assertThat(table.explain(TestRequest.get("r", "/")))
        .extracting(RouteTable.Verdict::reason)
        .containsExactly("header end-user must be one that equals 'jason'", "");
  }

  @Test
  void matchesEachKindOfPath() {
    RouteTable table =
        table(
            host(
                "*",
                to("exact", RouteMatch.of(new PathMatch.Exact("/a"))),
                to("separated", RouteMatch.of(new PathMatch.PathSeparatedPrefix("/b"))),
                to("regex", RouteMatch.of(new PathMatch.Regex("/c/\\d+"))),
                to("prefix", RouteMatch.of(new PathMatch.Prefix("/d")))));

    assertThat(cluster(table, TestRequest.get("h", "/a?x=1"))).isEqualTo("exact");
    assertThat(cluster(table, TestRequest.get("h", "/a/"))).isEqualTo("none");
    assertThat(cluster(table, TestRequest.get("h", "/b/c"))).isEqualTo("separated");
    assertThat(cluster(table, TestRequest.get("h", "/bc"))).isEqualTo("none");
    assertThat(cluster(table, TestRequest.get("h", "/c/12?y"))).isEqualTo("regex");
    assertThat(cluster(table, TestRequest.get("h", "/c/12a"))).isEqualTo("none");
    assertThat(cluster(table, TestRequest.get("h", "/dd"))).isEqualTo("prefix");
  }

  @Test
  void matchesQueryMethodAndGrpc() {
    RouteMatch query =
        new RouteMatch(
            new PathMatch.Prefix("/"),
            true,
            List.of(HeaderMatch.of(":method", StringMatch.exact("GET"))),
            List.of(new QueryMatch("q", Optional.of(StringMatch.prefix("ab")))),
            Optional.empty(),
            false);
    RouteMatch grpc =
        new RouteMatch(
            new PathMatch.Prefix("/"), true, List.of(), List.of(), Optional.empty(), true);
    RouteTable table = table(host("*", to("query", query), to("grpc", grpc)));

    assertThat(cluster(table, TestRequest.get("h", "/?z&q=abc"))).isEqualTo("query");
    assertThat(cluster(table, TestRequest.get("h", "/?qq=abc"))).isEqualTo("none");
    assertThat(
            cluster(
                table, TestRequest.get("h", "/").with("content-type", "application/grpc+proto")))
        .isEqualTo("grpc");
    assertThat(
            cluster(table, TestRequest.get("h", "/").with("content-type", "application/grpc-web")))
        .isEqualTo("none");
  }

  @Test
  void missingHeaderIsUnlikeAValueOnlyWhereItCountsAsEmpty() {
    RouteMatch inverted =
        new RouteMatch(
            new PathMatch.Prefix("/"),
            true,
            List.of(new HeaderMatch("x", Optional.of(StringMatch.exact("1")), true, true)),
            List.of(),
            Optional.empty(),
            false);
    RouteMatch there =
        new RouteMatch(
            new PathMatch.Prefix("/"),
            true,
            List.of(new HeaderMatch("x", Optional.of(StringMatch.exact("1")), true, false)),
            List.of(),
            Optional.empty(),
            false);
    RouteTable table = table(host("*", to("not-1", inverted)));
    RouteTable strict = table(host("*", to("not-1", there)));

    assertThat(cluster(table, TestRequest.get("h", "/"))).isEqualTo("not-1");
    assertThat(cluster(table, TestRequest.get("h", "/").with("x", "2"))).isEqualTo("not-1");
    assertThat(cluster(table, TestRequest.get("h", "/").with("x", "1"))).isEqualTo("none");
    assertThat(cluster(strict, TestRequest.get("h", "/"))).isEqualTo("none");
    assertThat(cluster(strict, TestRequest.get("h", "/").with("x", "2"))).isEqualTo("not-1");
  }

  @Test
  void sharesRequestsByWeightExactly() {
    ClusterChoice.Weighted choice =
        new ClusterChoice.Weighted(
            List.of(
                new ClusterChoice.WeightedCluster("v1", 90, HeaderEdits.NONE),
                new ClusterChoice.WeightedCluster("v0", 0, HeaderEdits.NONE),
                new ClusterChoice.WeightedCluster("v2", 10, HeaderEdits.NONE)));

    List<String> targets =
        IntStream.range(0, 1000).mapToObj(r -> Choice.weighted(choice, r).name()).toList();

    assertThat(targets).filteredOn("v1"::equals).hasSize(900);
    assertThat(targets).filteredOn("v2"::equals).hasSize(100);
  }

  @Test
  void takesTheShareOfARuntimeFraction() {
    RouteMatch half =
        new RouteMatch(
            new PathMatch.Prefix("/"),
            true,
            List.of(),
            List.of(),
            Optional.of(Percentage.ofPercent(50)),
            false);
    RouteTable table = table(host("*", to("half", half)));

    assertThat(table.match(TestRequest.get("h", "/"), () -> 499_999)).isPresent();
    assertThat(table.match(TestRequest.get("h", "/"), () -> 500_000)).isEmpty();
  }

  @Test
  void rewritesPrefixFullAndRegexAndKeepsTheQuery() {
    assertThat(
            rewrite(new PathMatch.Prefix("/api"), new PathRewrite.ReplacePrefix("/v2"), "/api/x?q"))
        .isEqualTo("/v2/x?q");
    assertThat(
            rewrite(
                new PathMatch.PathSeparatedPrefix("/api"),
                new PathRewrite.ReplacePrefix("/v2"),
                "/api/x"))
        .isEqualTo("/v2/x");
    assertThat(rewrite(new PathMatch.Prefix("/"), new PathRewrite.ReplaceFull("/z"), "/a?b=1"))
        .isEqualTo("/z?b=1");
    assertThat(
            rewrite(
                new PathMatch.Prefix("/"),
                new PathRewrite.ReplaceRegex("^/service/([^/]+)(/.*)$", "\\2/instance/\\1"),
                "/service/foo/v1/api"))
        .isEqualTo("/v1/api/instance/foo");
  }

  private static String rewrite(PathMatch match, PathRewrite rewrite, String path) {
    return Rewrite.path(rewrite, match).apply(path);
  }

  @Test
  void buildsRedirects() {
    RouteAction.Redirect toHttps =
        new RouteAction.Redirect(
            301, Optional.of("https"), Optional.empty(), Optional.empty(), Optional.empty(), false);

    assertThat(
            Rewrite.location(
                toHttps, UnaryOperator.identity(), TestRequest.get("a.b:80", "/x?y"), "a.b:80"))
        .isEqualTo("https://a.b/x?y");
    assertThat(
            Rewrite.location(
                new RouteAction.Redirect(
                    302,
                    Optional.empty(),
                    Optional.of("c.d"),
                    Optional.of(8443),
                    Optional.of(new PathRewrite.ReplaceFull("/z")),
                    true),
                Rewrite.path(new PathRewrite.ReplaceFull("/z"), new PathMatch.Prefix("/")),
                TestRequest.get("a.b:80", "/x?y"),
                "a.b:80"))
        .isEqualTo("http://c.d:8443/z");
  }

  @Test
  void namesABadRegex() {
    VirtualHost bad = host("*", to("c", RouteMatch.of(new PathMatch.Regex("(?=x)"))));

    assertThatThrownBy(() -> table(bad))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("the regular expression '(?=x)' is not RE2's");
  }

  @Test
  void refusesARegexThatNoMemoryHolds() {
    VirtualHost bomb =
        host("*", to("c", RouteMatch.of(new PathMatch.Regex("((((a{1000}){1000}){1000}){1000})"))));
    VirtualHost rewrite =
        host(
            "*",
            Route.of(
                "r",
                RouteMatch.of(new PathMatch.Prefix("/")),
                new RouteAction.Redirect(
                    302,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(new PathRewrite.ReplaceRegex("(?i)\u1c80", "x")),
                    false)));

    assertThatThrownBy(() -> table(bomb))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("lower the counts");
    assertThatThrownBy(() -> table(rewrite))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("never ends");
  }
}
