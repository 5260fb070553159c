// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.Cors;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.Terms;
import io.flotilla.model.route.VirtualHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Configurations and requests by chance; the same seed gives the same. */
final class Generator {
  private static final List<String> WORDS =
      List.of("alpha", "beta", "Alpha", "alphabet", "BETA", "gamma-alpha", "x");
  private static final List<String> SEGMENTS = List.of("a", "b", "A", "abc", "v1", "r%20s", "z.z");

  private final SplittableRandom random;

  Generator(long seed) {
    random = new SplittableRandom(seed);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private <T> Optional<T> maybe(int percent, Supplier<T> value) {
    return chance(percent) ? Optional.of(value.get()) : Optional.empty();
  }

  private <T> List<T> some(int most, Supplier<T> value) {
    List<T> out = new ArrayList<>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      out.add(value.get());
    }
    return out;
  }

  // ---- configurations ----

  RouteConfiguration routes(int hosts) {
    List<VirtualHost> all = new ArrayList<>();
    for (int i = 0; i < hosts; i++) {
      all.add(host(i));
    }
    if (chance(50)) {
      all.add(host("any", List.of("*")));
    }
    return new RouteConfiguration(
        "routes", all, chance(70) ? edits() : HeaderEdits.NONE, chance(50), false, 4096);
  }

  private VirtualHost host(int i) {
    List<String> domains =
        switch (i % 5) {
          case 0 -> List.of("h" + i + ".test");
          case 1 -> List.of("h" + i + ".test", "h" + i + ".test:8080");
          case 2 -> List.of("*.s" + i + ".test");
          case 3 -> List.of("*-x.s" + (i - 1) + ".test", "q.s" + (i - 1) + ".test");
          default -> List.of("p" + i + ".*");
        };
    return host("v" + i, domains);
  }

  private VirtualHost host(String name, List<String> domains) {
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      routes.add(route(name + "-" + i));
    }
    return new VirtualHost(
        name,
        domains,
        routes,
        chance(40) ? edits() : HeaderEdits.NONE,
        maybe(20, this::retries),
        chance(50));
  }

  private Route route(String name) {
    RouteMatch match = match();
    RouteAction action = action();
    return new Route(
        name,
        match,
        action,
        chance(50) ? edits() : HeaderEdits.NONE,
        maybe(12, this::fault),
        maybe(15, this::cors),
        "",
        "");
  }

  private RouteMatch match() {
    PathMatch path =
        switch (random.nextInt(6)) {
          case 0 -> new PathMatch.Exact(path(2));
          case 1 -> new PathMatch.Regex("/" + pick(SEGMENTS) + "/[a-z0-9]+");
          case 2 -> new PathMatch.Regex("/(v1|b)(/.*)?");
          case 3 -> new PathMatch.PathSeparatedPrefix(path(2));
          case 4 -> new PathMatch.Prefix("/");
          default -> new PathMatch.Prefix(path(2));
        };
    return new RouteMatch(
        path,
        path instanceof PathMatch.Regex || chance(70),
        chance(50) ? List.of() : some(2, this::headerMatch),
        chance(70) ? List.of() : some(2, this::queryMatch),
        maybe(10, () -> chance(50) ? Percentage.ALL : Percentage.NONE),
        chance(5));
  }

  private String path(int most) {
    StringBuilder b = new StringBuilder();
    for (int i = 1 + random.nextInt(most); i > 0; i--) {
      b.append('/').append(pick(SEGMENTS));
    }
    return b.toString();
  }

  private HeaderMatch headerMatch() {
    boolean pseudo = chance(25);
    String name =
        pseudo ? pick(List.of(":method", ":authority", ":path", ":scheme")) : headerName();
    StringMatch value =
        !pseudo
            ? string()
            : switch (name) {
              case ":method" -> StringMatch.exact(pick(List.of("GET", "POST", "get")));
              case ":authority" -> new StringMatch.Suffix(".test", chance(50));
              case ":scheme" -> StringMatch.exact(pick(List.of("http", "https")));
              default -> new StringMatch.Contains("a", false);
            };
    return new HeaderMatch(
        name, chance(15) ? Optional.empty() : Optional.of(value), chance(25), chance(25));
  }

  private String headerName() {
    return pick(List.of("x-h1", "x-h2", "x-h3"));
  }

  private StringMatch string() {
    String word = pick(WORDS);
    return switch (random.nextInt(5)) {
      case 0 -> new StringMatch.Exact(word, chance(40));
      case 1 ->
          new StringMatch.Prefix(word.substring(0, 1 + random.nextInt(word.length())), chance(40));
      case 2 -> new StringMatch.Suffix(word.substring(random.nextInt(word.length())), chance(40));
      case 3 -> new StringMatch.Contains(word.substring(word.length() / 2), chance(40));
      default ->
          new StringMatch.Regex(pick(List.of("[a-z]+", "al.*", "(?i)beta", "alpha|x", ".*")));
    };
  }

  private QueryMatch queryMatch() {
    return new QueryMatch(
        pick(List.of("q1", "q2")), chance(30) ? Optional.empty() : Optional.of(string()));
  }

  private RouteAction action() {
    int n = random.nextInt(100);
    if (n < 10) {
      int status = pick(List.of(200, 204, 403, 418, 503));
      // Envoy sends the body of a 204, too, which the client then takes for the next answer.
      return new RouteAction.DirectResponse(status, status != 204 && chance(60) ? "said here" : "");
    }
    if (n < 25) {
      return redirect();
    }
    return forward();
  }

  private RouteAction redirect() {
    return new RouteAction.Redirect(
        pick(List.of(301, 302, 303, 307, 308)),
        maybe(50, () -> pick(List.of("https", "http"))),
        maybe(50, () -> "elsewhere.test"),
        maybe(40, () -> pick(List.of(80, 443, 8443))),
        maybe(60, this::rewriteOfRedirect),
        chance(30));
  }

  private PathRewrite rewriteOfRedirect() {
    return switch (random.nextInt(3)) {
      case 0 -> new PathRewrite.ReplaceFull(pick(List.of("/new", "/new?x=1")));
      case 1 -> new PathRewrite.ReplacePrefix(pick(List.of("/pre", "/pre/", "/")));
      default -> regexRewrite();
    };
  }

  private PathRewrite regexRewrite() {
    return pick(
        List.of(
            new PathRewrite.ReplaceRegex("^/([a-z]+)/(.*)$", "/\\2/\\1"),
            new PathRewrite.ReplaceRegex("a", "o"),
            new PathRewrite.ReplaceRegex("/(v1|b)", "/x\\1\\0")));
  }

  private RouteAction.Forward forward() {
    ClusterChoice cluster = clusterChoice();
    boolean hashed =
        !(cluster instanceof ClusterChoice.Single s) || World.HASHED.contains(s.name());
    return new RouteAction.Forward(
        cluster,
        chance(60)
            ? Optional.of(chance(50) ? Duration.ZERO : Duration.ofMillis(400))
            : Optional.empty(),
        Optional.empty(),
        maybe(10, () -> chance(50) ? Duration.ZERO : Duration.ofSeconds(5)),
        maybe(40, this::retries),
        maybe(
            35,
            () ->
                switch (random.nextInt(3)) {
                  case 0 -> new PathRewrite.ReplacePrefix(pick(List.of("/pre", "/pre/", "/")));
                  case 1 -> new PathRewrite.ReplaceFull("/whole");
                  default -> regexRewrite();
                }),
        pick(
            List.of(
                new HostRewrite.Keep(),
                new HostRewrite.Keep(),
                new HostRewrite.Literal("literal.test"),
                new HostRewrite.Auto())),
        hashed || chance(5) ? hashes() : List.of(),
        chance(12)
            ? List.of(
                new RouteAction.Mirror("mirror", chance(70) ? Percentage.ALL : Percentage.NONE))
            : List.of(),
        List.of(),
        new Terms(false, Map.of(), false, pick(List.of(503, 404, 500))));
  }

  private ClusterChoice clusterChoice() {
    int n = random.nextInt(100);
    if (n < 35) {
      return new ClusterChoice.Single(pick(World.SINGLE));
    }
    if (n < 60) {
      return new ClusterChoice.Single(pick(World.HASHED));
    }
    if (n < 72) {
      return new ClusterChoice.Single(pick(List.copyOf(new TreeSet<>(World.SPREAD))));
    }
    if (n < 78) {
      return new ClusterChoice.Single(pick(World.BROKEN));
    }
    if (n < 85) {
      return new ClusterChoice.FromHeader("x-cluster");
    }
    int first = chance(50) ? 0 : 100;
    return new ClusterChoice.Weighted(
        List.of(
            new ClusterChoice.WeightedCluster("one", first, edits()),
            new ClusterChoice.WeightedCluster(pick(World.HASHED), 100 - first, edits())));
  }

  private List<HashPolicy> hashes() {
    List<HashPolicy> all = new ArrayList<>(some(2, this::hash));
    // Without a hash, chance decides.
    all.add(new HashPolicy.SourceAddress(false));
    return all;
  }

  private HashPolicy hash() {
    return switch (random.nextInt(5)) {
      case 0 -> new HashPolicy.SourceAddress(chance(30));
      case 1 -> new HashPolicy.QueryParameter("q1", chance(30));
      case 2 ->
          new HashPolicy.Cookie(
              "c1",
              maybe(40, () -> chance(50) ? Duration.ZERO : Duration.ofSeconds(60)),
              chance(50) ? "/p" : "",
              chance(30));
      default -> new HashPolicy.Header(headerName(), chance(30));
    };
  }

  private RetryPolicy retries() {
    Set<RetryPolicy.Condition> on = EnumSet.noneOf(RetryPolicy.Condition.class);
    List<RetryPolicy.Condition> all = List.of(RetryPolicy.Condition.values());
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      on.add(pick(all));
    }
    return new RetryPolicy(
        on,
        chance(40) ? Set.of(409, 503) : Set.of(),
        pick(List.of(0, 1, 2, 3)),
        maybe(30, () -> Duration.ofMillis(150)),
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        chance(30),
        chance(30) ? 5 : 0);
  }

  private Fault fault() {
    return new Fault(
        maybe(50, () -> new Fault.Delay(Duration.ofMillis(20), share())),
        maybe(
            70,
            () ->
                new Fault.Abort(
                    pick(List.of(500, 418, 400)), maybe(20, () -> pick(List.of(5, 14))), share())));
  }

  private Percentage share() {
    return chance(50) ? Percentage.ALL : Percentage.NONE;
  }

  private Cors cors() {
    return new Cors(
        List.of(
            pick(
                List.of(
                    StringMatch.exact("http://good.test"),
                    StringMatch.prefix("http://good"),
                    new StringMatch.Regex("http://[a-z]+\\.test")))),
        chance(60) ? List.of("GET", "PUT") : List.of(),
        chance(60) ? List.of("x-one", "x-two") : List.of(),
        chance(60) ? List.of("x-seen") : List.of(),
        maybe(50, () -> Duration.ofSeconds(600)),
        maybe(50, () -> chance(50)),
        chance(50));
  }

  private HeaderEdits edits() {
    return new HeaderEdits(
        some(2, () -> edit("x-h", "x-e")),
        some(1, () -> pick(List.of("x-h1", "x-h2", "x-e1", "user-agent"))),
        some(2, () -> edit("x-r", "x-a")),
        some(1, () -> pick(List.of("x-r1", "x-a1", "x-r2"))));
  }

  private HeaderEdits.Edit edit(String existing, String made) {
    return new HeaderEdits.Edit(
        (chance(50) ? existing : made) + (1 + random.nextInt(2)),
        pick(
            List.of(
                "plain",
                "%REQ(x-h1)%",
                "%REQ(:METHOD)%-%PROTOCOL%",
                "a %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% b",
                "100%%")),
        pick(List.of(HeaderEdits.Mode.values())));
  }

  // ---- requests ----

  /** A request that has a good chance to be taken by some route of the configuration. */
  Wire.Request request(RouteConfiguration routes) {
    VirtualHost host = pick(routes.virtualHosts());
    Route route = pick(host.routes());
    boolean near = chance(80);
    List<Wire.Field> headers = new ArrayList<>();
    headers.add(new Wire.Field("Host", authority(pick(host.domains()))));
    String method = pick(List.of("GET", "GET", "GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"));
    if (near) {
      for (HeaderMatch m : route.match().headers()) {
        if (m.name().equals(":method") && m.value().orElse(null) instanceof StringMatch.Exact e) {
          // Envoy's parser knows the registered methods only.
          method = e.value().toUpperCase(java.util.Locale.ROOT);
        } else if (!m.name().startsWith(":") && (!m.invert() || chance(30))) {
          headers.add(new Wire.Field(m.name(), m.value().map(this::satisfy).orElse("there")));
        }
      }
    }
    for (String name : List.of("x-h1", "X-H2", "x-h3")) {
      if (chance(20)) {
        headers.add(new Wire.Field(name, pick(WORDS)));
      }
    }
    if (route.action() instanceof RouteAction.Forward f) {
      if (f.cluster() instanceof ClusterChoice.FromHeader && chance(85)) {
        headers.add(new Wire.Field("x-cluster", pick(List.of("one", "two", "ring", "missing"))));
      }
      boolean limited = f.timeout().filter(t -> !t.isZero()).isPresent();
      boolean triedLimited =
          f.retryPolicy().flatMap(RetryPolicy::perTryTimeout).isPresent()
              && f.timeout().isPresent();
      // A safe request that meets a reset on a kept connection is sent again by our side alone.
      if (method.equals("POST") && chance(20)) {
        headers.add(new Wire.Field("x-do", pick(List.of("reset", "reset,200"))));
      } else if (chance(45)) {
        headers.add(new Wire.Field("x-do", script((limited || triedLimited) && chance(15))));
      }
    }
    boolean grpc = route.match().grpc() ? chance(80) : chance(4);
    if (grpc) {
      headers.add(
          new Wire.Field(
              "content-type", pick(List.of("application/grpc", "application/grpc+proto"))));
      if (chance(30)) {
        headers.add(new Wire.Field("grpc-timeout", pick(List.of("3S", "900m", "bad"))));
      }
      if (chance(30)) {
        headers.add(new Wire.Field("te", "trailers"));
      }
    }
    if (route.cors().isPresent() && chance(70)) {
      headers.add(new Wire.Field("origin", pick(List.of("http://good.test", "http://bad.org"))));
      if (chance(50) && !method.equals("POST")) {
        method = "OPTIONS";
        headers.add(new Wire.Field("access-control-request-method", "PUT"));
      }
    }
    if (chance(30)) {
      headers.add(
          new Wire.Field(
              "x-answer", pick(List.of("x-r1=up", "X-R2=up;x-r1=one;x-r1=two", "server=mine"))));
    }
    if (chance(20)) {
      headers.add(new Wire.Field("cookie", "c0=z; c1=" + pick(WORDS) + random.nextInt(20)));
    }
    if (chance(15)) {
      headers.add(new Wire.Field("user-agent", "suite/1"));
    }
    if (chance(5)) {
      headers.add(new Wire.Field("x-forwarded-proto", pick(List.of("https", "http"))));
    }
    if (chance(5)) {
      headers.add(new Wire.Field("x-request-id", "5b2c6ea8-7e0e-9cd5-9c3e-5fd0f1ab4d02"));
    }
    String target = near ? pathFor(route.match().path()) : path(3);
    target = target.equals("/") ? target : target + pick(List.of("", "", "", "/", "/c", "x"));
    return new Wire.Request(
        method,
        target + query(route, near),
        headers,
        (method.equals("POST") || method.equals("PUT")) && chance(70)
            ? "body " + random.nextInt()
            : "");
  }

  private String script(boolean slow) {
    if (slow) {
      return pick(List.of("slow", "slow,200", "503,slow"));
    }
    return pick(
        List.of(
            "200",
            "503",
            "503,200",
            "503,503,200",
            "409,200",
            "404",
            "500,200",
            "502,503,504,200",
            "204",
            "304",
            "429,200"));
  }

  private String authority(String domain) {
    String host =
        domain.equals("*")
            ? "other.org"
            : domain.startsWith("*")
                ? pick(List.of("q", "a.b", "sub-x")) + domain.substring(1)
                : domain.endsWith("*")
                    ? domain.substring(0, domain.length() - 1) + pick(List.of("com", "x.y"))
                    : domain;
    if (host.indexOf(':') < 0 && chance(20)) {
      host += pick(List.of(":8080", ":80", ":443"));
    }
    return chance(10) ? host.toUpperCase(java.util.Locale.ROOT) : host;
  }

  private String pathFor(PathMatch match) {
    String path =
        switch (match) {
          case PathMatch.Prefix p -> p.value();
          case PathMatch.Exact e -> e.value();
          case PathMatch.PathSeparatedPrefix s -> s.value();
          // Never generated: its requests have no path.
          case PathMatch.Connect c -> "/";
          case PathMatch.Regex r ->
              r.regex().startsWith("/(v1")
                  ? pick(List.of("/v1", "/b", "/b/c", "/v1/x/y"))
                  : r.regex().replace("[a-z0-9]+", pick(List.of("abc", "1", "B")));
        };
    return switch (random.nextInt(12)) {
      case 0 -> path.toUpperCase(java.util.Locale.ROOT).replace("R%20S", "R%20S");
      case 1 -> path + "//d";
      case 2 -> path + "/./e/../f";
      default -> path;
    };
  }

  private String query(Route route, boolean near) {
    List<String> pairs = new ArrayList<>();
    if (near) {
      for (QueryMatch q : route.match().queryParameters()) {
        pairs.add(q.name() + "=" + q.value().map(this::satisfy).orElse(""));
      }
    }
    if (chance(25)) {
      pairs.add(pick(List.of("q1", "q2", "q3")) + "=" + pick(WORDS) + random.nextInt(9));
    }
    if (chance(5)) {
      pairs.add(pick(List.of("q1", "q1=a%20b", "q2=%41lpha", "&", "q2=a+b")));
    }
    return pairs.isEmpty() ? "" : "?" + String.join("&", pairs);
  }

  private String satisfy(StringMatch match) {
    String text =
        switch (match) {
          case StringMatch.Exact m -> m.value();
          case StringMatch.Prefix m -> m.value() + pick(List.of("", "1"));
          case StringMatch.Suffix m -> pick(List.of("", "1")) + m.value();
          case StringMatch.Contains m -> "1" + m.value() + "2";
          case StringMatch.Regex m -> pick(List.of("alpha", "x", "Beta", "alas"));
        };
    return chance(15) ? text.toUpperCase(java.util.Locale.ROOT) : text;
  }
}
