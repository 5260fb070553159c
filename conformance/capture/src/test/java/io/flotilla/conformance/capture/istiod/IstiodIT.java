// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture.istiod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.xds.codec.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each scenario of what a real istiod sent serves traffic as its configuration says. The objects
 * are in the corpus ("in/"), and what is asked here follows them.
 */
class IstiodIT {
  private static final String PRODUCTPAGE = "10.244.0.11";
  private static final String REVIEWS = "10.96.0.13";
  private static final String RATINGS = "10.96.0.12";
  private static final String DETAILS = "10.96.0.11";

  private static @TempDir Path temporary;
  private static Certificates certificates;

  @BeforeAll
  static void sign() throws Exception {
    assumeTrue(
        Golden.folder() != null, "flotilla.corpus does not name the folder of xds-golden-istiod");
    certificates = Certificates.in(temporary);
    Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    Certificates.in(elsewhere)
        .sign("stranger", "URI:" + Scenario.spiffe("default", "bookinfo-reviews"));
    for (String end : List.of(".crt", ".key")) {
      Files.copy(elsewhere.resolve("stranger" + end), temporary.resolve("stranger" + end));
    }
  }

  private static Scenario.Builder scenario(String name) {
    return new Scenario.Builder(name, certificates, temporary);
  }

  private static Map<String, Integer> spread(Scenario of, String url, int count, String... options)
      throws Exception {
    Map<String, Integer> pods = new HashMap<>();
    for (int i = 0; i < count; i++) {
      pods.merge(of.get(url, options).pod(), 1, Integer::sum);
    }
    return pods;
  }

  @Test
  void s01CallsServicesByMutualTls() throws Exception {
    try (Scenario s = scenario("01-bookinfo-plain").place("203.0.113.7", 80, "web").start()) {
      assertThat(s.refused()).isEmpty();

      Reply details = s.get("http://" + DETAILS + ":9080/details/0", "-H", "host: details:9080");

      assertThat(details.status()).isEqualTo(200);
      assertThat(details.pod()).isEqualTo("details-v1");
      assertThat(details.said().path("tls").asBoolean()).isTrue();
      assertThat(details.said().path("alpn").asText()).isEqualTo("istio-http/1.1");
      assertThat(details.said().path("peer").asText())
          .isEqualTo(Scenario.spiffe("default", "bookinfo-productpage"));
      assertThat(details.said().path("sni").asText())
          .isEqualTo("outbound_.9080_._.details.default.svc.cluster.local");
      assertThat(details.said().path("path").asText()).isEqualTo("/details/0");
      assertThat(details.got("x-request-id")).isNotEmpty();
      Set<String> versions =
          new TreeSet<>(
              spread(s, "http://" + REVIEWS + ":9080/", 60, "-H", "host: reviews:9080").keySet());
      assertThat(versions).containsExactly("reviews-v1", "reviews-v2", "reviews-v3");
      Reply web = s.get("http://203.0.113.7/", "-H", "host: web.example.org");
      assertThat(web.pod()).as("passed through").isEqualTo("web");
      assertThat(web.said().path("tls").asBoolean()).isFalse();
      Reply inbound =
          s.tls(
              "10.244.0.14",
              9080,
              "reviews-v1",
              "istio-http/1.1",
              "outbound_.9080_._.productpage.default.svc.cluster.local",
              Scenario.request("GET", "/productpage", "productpage:9080"));
      assertThat(inbound.pod()).isEqualTo("app");
      assertThat(inbound.got("x-forwarded-client-cert"))
          .contains("URI=" + Scenario.spiffe("default", "bookinfo-reviews"));
      assertThat(s.from("10.244.0.14", "http://" + PRODUCTPAGE + ":9080/").pod())
          .as("in clear, which is permitted")
          .isEqualTo("app");
    }
  }

  @Test
  void s02SplitsByWeight() throws Exception {
    try (Scenario s = scenario("02-bookinfo-reviews-90-10").start()) {
      assertThat(s.refused()).isEmpty();

      Map<String, Integer> pods =
          spread(s, "http://" + REVIEWS + ":9080/", 160, "-H", "host: reviews:9080");

      assertThat(pods).containsOnlyKeys("reviews-v1", "reviews-v2");
      // Less likely to fail by chance than once in ten million runs.
      assertThat(pods.get("reviews-v1")).isBetween(120, 159);
    }
  }

  @Test
  void s03ServesInboundCallsOfPeersAndOthers() throws Exception {
    try (Scenario s = scenario("03-bookinfo-ratings-inbound").own("10.244.0.13", 7777).start()) {
      assertThat(s.refused()).isEmpty();

      Reply peer =
          s.tls(
              "10.244.0.15",
              9080,
              "reviews-v2",
              "istio-http/1.1",
              "outbound_.9080_._.ratings.default.svc.cluster.local",
              Scenario.request("GET", "/ratings/0", "ratings:9080"));

      assertThat(peer.status()).isEqualTo(200);
      assertThat(peer.pod()).isEqualTo("app");
      assertThat(peer.said().path("path").asText()).isEqualTo("/ratings/0");
      assertThat(peer.got("x-forwarded-client-cert"))
          .contains("By=" + Scenario.spiffe("default", "bookinfo-ratings"))
          .contains("URI=" + Scenario.spiffe("default", "bookinfo-reviews"));
      Reply clear = s.from("10.244.0.15", "http://10.244.0.13:9080/ratings/1");
      assertThat(clear.pod()).isEqualTo("app");
      assertThat(clear.got("x-forwarded-client-cert")).isEmpty();
      assertThat(s.from("10.244.0.15", "http://10.244.0.13:7777/").pod())
          .as("a port that no service declares")
          .isEqualTo("app");
    }
  }

  @Test
  void s04aDelaysJasonAlone() throws Exception {
    try (Scenario s = scenario("04a-fault-delay").start()) {
      assertThat(s.refused()).isEmpty();
      String url = "http://" + RATINGS + ":9080/ratings/0";

      long start = System.nanoTime();
      Reply others = s.get(url, "-H", "host: ratings:9080");
      long between = System.nanoTime();
      Reply jason = s.get(url, "-H", "host: ratings:9080", "-H", "end-user: jason");
      long end = System.nanoTime();

      assertThat(others.pod()).isEqualTo("ratings-v1");
      assertThat(jason.pod()).isEqualTo("ratings-v1");
      assertThat(end - between).isGreaterThanOrEqualTo(7_000_000_000L);
      assertThat(between - start).isLessThan(end - between);
    }
  }

  @Test
  void s04bAbortsForJasonAlone() throws Exception {
    try (Scenario s = scenario("04b-fault-abort").start()) {
      assertThat(s.refused()).isEmpty();
      String url = "http://" + RATINGS + ":9080/ratings/0";

      Reply jason = s.get(url, "-H", "host: ratings:9080", "-H", "end-user: jason");

      assertThat(jason.status()).isEqualTo(500);
      assertThat(jason.body()).isEqualTo("fault filter abort");
      assertThat(s.get(url, "-H", "host: ratings:9080").pod()).isEqualTo("ratings-v1");
    }
  }

  @Test
  void s05LetsTheRoutesOfTheGatewayIn() throws Exception {
    try (Scenario s = scenario("05-ingress-gateway").start()) {
      assertThat(s.refused()).isEmpty();
      String gateway = "http://10.244.0.21:8080";

      for (String path :
          List.of("/productpage", "/static/a.css", "/login", "/logout", "/api/v1/products/0")) {
        Reply reply = s.from("10.244.0.2", gateway + path, "-H", "host: any.example.com");
        assertThat(reply.pod()).as(path).isEqualTo("productpage-v1");
        assertThat(reply.said().path("peer").asText())
            .isEqualTo(Scenario.spiffe("istio-system", "istio-ingressgateway-service-account"));
        assertThat(reply.got("x-forwarded-for")).isEqualTo("10.244.0.2");
      }
      for (String path : List.of("/", "/productpage/1", "/loginx", "/api/v1")) {
        assertThat(s.from("10.244.0.2", gateway + path).status()).as(path).isEqualTo(404);
      }
    }
  }

  @Test
  void s06TerminatesAndPassesTlsOnAtTheGateway() throws Exception {
    try (Scenario s = scenario("06-gateway-tls").start()) {
      assertThat(s.refused()).isEmpty();

      Reply redirect =
          s.from("10.244.0.2", "http://10.244.0.21:8080/x", "-H", "host: httpbin.example.com");
      assertThat(redirect.status()).isEqualTo(301);
      assertThat(redirect.headers()).containsEntry("location", "https://httpbin.example.com/x");
      String[] known = {
        "--cert",
        temporary.resolve("reviews-v1.crt").toString(),
        "--key",
        temporary.resolve("reviews-v1.key").toString()
      };
      assertThat(https(s, "httpbin.example.com", "/reviews/1").pod()).startsWith("reviews-v");
      assertThat(https(s, "httpbin.example.com", "/x").pod()).isEqualTo("productpage-v1");
      assertThat(https(s, "mtls.example.com", "/x", known).status())
          .as("a certificate of another hash than the one accepted")
          .isZero();
      assertThat(https(s, "optional.example.com", "/x").pod()).isEqualTo("productpage-v1");
      Reply optional = https(s, "optional.example.com", "/x", known);
      assertThat(optional.got("x-forwarded-client-cert"))
          .contains("URI=" + Scenario.spiffe("default", "bookinfo-reviews"));
      assertThat(https(s, "files.example.com", "/x").status()).as("without a certificate").isZero();
      assertThat(https(s, "files.example.com", "/x", known).pod()).isEqualTo("productpage-v1");
      assertThat(https(s, "pass.example.com", "/x").pod()).isIn("details-v1", "ratings-v1");
      assertThat(https(s, "a.wild.example.com", "/x").pod()).isEqualTo("ratings-v1");
      assertThat(https(s, "nobody.example.org", "/x").status()).isZero();
      assertThat(s.tls("10.244.0.2", 31400, "", "", "tcp.example.com", "hello\n").pod())
          .as("TLS ends here, and what is in it goes on by mutual TLS")
          .isEqualTo("details-v1");
      Reply passed =
          s.tls(
              "10.244.0.2",
              15443,
              "reviews-v1",
              "istio-http/1.1",
              "outbound_.9080_._.ratings.default.svc.cluster.local",
              Scenario.request("GET", "/", "ratings"));
      assertThat(passed.pod()).isEqualTo("ratings-v1");
      assertThat(passed.said().path("peer").asText())
          .as("passed on as it is, to whom its SNI names")
          .isEqualTo(Scenario.spiffe("default", "bookinfo-reviews"));
      assertThat(
              s.tls(
                      "10.244.0.2",
                      15443,
                      "reviews-v1",
                      "istio",
                      "outbound_.1_._.no.local",
                      "hello\n")
                  .pod())
          .isEmpty();
    }
  }

  private static Reply https(Scenario s, String host, String path, String... options)
      throws Exception {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("-k", "--resolve", host + ":8443:10.244.0.21"));
    return s.from("10.244.0.2", "https://" + host + ":8443" + path, all.toArray(String[]::new));
  }

  @Test
  void s07ReachesWhatServiceEntriesName() throws Exception {
    certificates.sign("10.20.0.1", "URI:" + Scenario.spiffe("default", "bookinfo-ratings"));
    try (Scenario s =
        scenario("07-egress-serviceentry")
            .host("api.example.com", "203.0.113.21", 443)
            .host("www.example.org", "203.0.113.22", 80)
            .host("us.secure.example.org", "203.0.113.23", 8443)
            .host("en.wikipedia.org", "203.0.113.24", 443)
            .host("db.example.net", "203.0.113.25", 5432)
            .place("203.0.113.24", 80, "wikipedia")
            .start()) {
      assertThat(s.refused()).isEmpty();

      Reply api = s.get("http://203.0.113.21/v1", "-H", "host: api.example.com");
      assertThat(api.pod()).as("TLS is originated").isEqualTo("api.example.com");
      assertThat(api.said().path("sni").asText()).isEqualTo("api.example.com");
      Reply www = s.get("http://203.0.113.22/", "-H", "host: www.example.org");
      assertThat(www.pod()).as("with a certificate of the pod's own").isEqualTo("www.example.org");
      assertThat(www.said().path("peer").asText())
          .isEqualTo(Scenario.spiffe("default", "bookinfo-productpage"));
      String secure = Scenario.request("GET", "/", "secure.example.org");
      assertThat(s.tlsOut("203.0.113.99", 443, "secure.example.org", secure).pod())
          .as("by its name in SNI, wherever it was sent")
          .isEqualTo("us.secure.example.org");
      String wiki = Scenario.request("GET", "/", "en.wikipedia.org");
      assertThat(s.tlsOut("203.0.113.24", 443, "en.wikipedia.org", wiki).pod())
          .isEqualTo("en.wikipedia.org");
      assertThat(s.get("http://203.0.113.24/", "-H", "host: en.wikipedia.org").pod())
          .isEqualTo("wikipedia");
      Set<String> mongos = new TreeSet<>();
      for (int i = 0; i < 60; i++) {
        Reply mongo = s.say("192.0.2.10", 27017, "hello");
        assertThat(mongo.said().path("got").asText()).isEqualTo("hello");
        mongos.add(mongo.pod() + ":" + mongo.said().path("port").asInt());
      }
      assertThat(mongos).isSubsetOf("203.0.113.5:27017", "203.0.113.6:7017").isNotEmpty();
      assertThat(s.say("198.51.100.77", 27017, "hello").pod()).startsWith("203.0.113.");
      assertThat(s.say("198.51.100.1", 5432, "select").pod()).isEqualTo("db.example.net");
      Reply vm = s.get("http://240.1.1.1:8080/", "-H", "host: vm.default.example:8080");
      assertThat(vm.pod()).isEqualTo("10.20.0.1");
      assertThat(vm.said().path("tls").asBoolean()).isTrue();
    }
  }

  @Test
  void s08AsksPeersForTheirCertificatesByPort() throws Exception {
    try (Scenario s = scenario("08-peerauthentication").start()) {
      assertThat(s.refused()).isEmpty();
      String http = Scenario.request("GET", "/", "ratings");

      assertThat(s.from("10.244.0.14", "http://10.244.0.13:9080/").status())
          .as("in clear where TLS is a must")
          .isZero();
      assertThat(s.from("10.244.0.14", "http://10.244.0.13:8001/").pod()).isEqualTo("app");
      assertThat(s.sayFromOutside(8002, "hello").pod()).isEqualTo("app");
      assertThat(s.from("10.244.0.14", "http://10.244.0.13:8003/").status()).isZero();
      for (int port : List.of(9080, 8003)) {
        Reply peer =
            s.tls("10.244.0.14", port, "reviews-v1", "istio-http/1.1", "ratings.default", http);
        assertThat(peer.pod()).as("port %d", port).isEqualTo("app");
      }
      assertThat(
              s.tls("10.244.0.14", 8002, "reviews-v1", "istio", "ratings.default", "hello\n").pod())
          .isEqualTo("app");
      assertThat(s.tls("10.244.0.14", 9080, "", "istio-http/1.1", "ratings.default", http).pod())
          .as("without a certificate")
          .isEmpty();
      assertThat(
              s.tls("10.244.0.14", 9080, "stranger", "istio-http/1.1", "ratings.default", http)
                  .pod())
          .as("with one that another authority signed")
          .isEmpty();
    }
    try (Scenario s = scenario("08-peerauthentication").proxy("productpage").start()) {
      assertThat(s.refused()).isEmpty();

      Reply strict = s.get("http://" + RATINGS + ":9080/", "-H", "host: ratings:9080");
      Reply clear = s.get("http://10.96.0.31:8001/", "-H", "host: ratings-extra:8001");

      assertThat(strict.said().path("tls").asBoolean()).isTrue();
      assertThat(clear.pod()).isEqualTo("ratings-v1");
      assertThat(clear.said().path("tls").asBoolean()).isFalse();
    }
  }

  @Test
  void s09LetsInWhomThePoliciesLetIn() throws Exception {
    try (Scenario s = scenario("09-authz-authn").start()) {
      assertThat(s.refused()).isEmpty();

      assertThat(asked(s, "details-v1", "/x").pod()).isEqualTo("app");
      assertThat(asked(s, "reviews-v1", "/x").status()).isEqualTo(403);
      assertThat(s.from("10.244.0.14", "http://10.244.0.13:9080/x").status())
          .as("in clear")
          .isEqualTo(403);
      Reply asked = asked(s, "details-v1", "/ext/x");
      assertThat(asked.pod()).as("the authorization service agrees").isEqualTo("app");
      assertThat(asked(s, "details-v1", "/ext/x", "x-say: refuse-me").status()).isEqualTo(403);
      assertThat(asked(s, "details-v1", "/x", "x-say: refuse-me").status())
          .as("it is asked of /ext alone")
          .isEqualTo(200);
      assertThat(asked(s, "reviews-v1", "/ext/x").status())
          .as("its yes is not the last word")
          .isEqualTo(403);
      assertThat(asked(s, "details-v1", "/x", "x-jwt: Bearer none").status()).isEqualTo(401);
      String sni = "outbound_.8002_._.ratings-tcp.default.svc.cluster.local";
      assertThat(s.tls("10.244.0.12", 8002, "details-v1", "istio", sni, "hello\n").pod())
          .isEqualTo("app");
      assertThat(s.tls("10.244.0.14", 8002, "reviews-v1", "istio", sni, "hello\n").pod()).isEmpty();
    }
  }

  private static Reply asked(Scenario s, String as, String path, String... headers)
      throws Exception {
    return s.tls(
        "10.244.0.14",
        9080,
        as,
        "istio-http/1.1",
        "outbound_.9080_._.ratings.default.svc.cluster.local",
        Scenario.request("GET", path, "ratings:9080", headers));
  }

  @Test
  void s10ConnectsAsDestinationRulesSay() throws Exception {
    certificates.sign("reviews", "URI:" + Scenario.spiffe("default", "bookinfo-reviews"));
    try (Scenario s = scenario("10-destinationrule").place("10.96.0.13", 9080, "reviews").start()) {
      assertThat(s.refused()).isEmpty();

      Map<String, Reply> reviews = new HashMap<>();
      for (int i = 0; i < 40; i++) {
        Reply reply = s.get("http://" + REVIEWS + ":9080/", "-H", "host: reviews:9080");
        if (reply.status() == 200) {
          // A machine with much to do may not connect within the 30 ms that the rule allows.
          reviews.put(reply.pod(), reply);
        }
      }
      assertThat(reviews).containsOnlyKeys("reviews-v1", "reviews-v2", "reviews");
      assertThat(reviews.get("reviews-v1").said().path("protocol").asText())
          .as("upgraded")
          .isEqualTo("HTTP/2");
      Reply ratings = s.get("http://" + RATINGS + ":9080/", "-H", "host: ratings:9080");
      assertThat(ratings.said().path("sni").asText()).isEqualTo("ratings.alt");
      assertThat(ratings.headers().get("set-cookie"))
          .startsWith("user=")
          .contains("Max-Age=1800")
          .contains("Path=/p");
      Reply details =
          s.get("http://" + DETAILS + ":9080/", "-H", "host: details:9080", "-H", "x-user: a");
      assertThat(details.said().path("tls").asBoolean()).isFalse();
      assertThat(details.said().path("proxied").asText()).startsWith("V2 " + PRODUCTPAGE);
      assertThat(details.said().path("protocol").asText()).isEqualTo("HTTP/1");
    }
  }

  @Test
  void s11SeesWhatItsSidecarResourceLetsItSee() throws Exception {
    try (Scenario s =
        scenario("11-sidecar")
            .own("127.0.0.1", 9081)
            .own("127.0.0.1", 7001)
            .own("10.244.0.11", 7001)
            .place("203.0.113.7", 80, "web")
            .start()) {
      assertThat(s.refused()).isEmpty();

      assertThat(s.get("http://" + REVIEWS + ":9080/", "-H", "host: reviews:9080").status())
          .as("a host of the second listener, whose port the first one's routes have")
          .isEqualTo(502);
      assertThat(s.get("http://127.0.0.1:9080/", "-H", "host: details:9080").pod())
          .as("the egress listener")
          .isEqualTo("details-v1");
      assertThat(s.get("http://" + RATINGS + ":9080/", "-H", "host: ratings:9080").status())
          .as("none of its hosts")
          .isEqualTo(502);
      assertThat(s.get("http://203.0.113.7/", "-H", "host: web.example.org").status())
          .isEqualTo(502);
      Reply ingress = s.from("10.244.0.14", "http://" + PRODUCTPAGE + ":9080/");
      assertThat(ingress.said().path("port").asInt()).isEqualTo(9081);
      assertThat(s.sayFromOutside(7000, "hello").said().path("port").asInt()).isEqualTo(7001);
    }
    try (Scenario s =
        scenario("11-sidecar").proxy("reviews").place("203.0.113.7", 80, "web").start()) {
      assertThat(s.refused()).isEmpty();

      assertThat(s.get("http://" + RATINGS + ":9080/", "-H", "host: ratings:9080").pod())
          .isEqualTo("ratings-v1");
      Reply details = s.get("http://" + DETAILS + ":9080/", "-m", "3", "-H", "host: details:9080");
      assertThat(details.pod()).as("passed through, to nobody").isEmpty();
      assertThat(s.get("http://203.0.113.7/", "-H", "host: web.example.org").pod())
          .isEqualTo("web");
    }
  }

  @Test
  void s13ServesTheRoutesOfTheGatewayApi() throws Exception {
    certificates.sign("details-v1", "DNS:details.internal");
    try (Scenario s = scenario("13-gateway-api").start()) {
      assertThat(s.refused()).isEmpty();
      String www = "http://10.244.0.22";
      String[] all = {
        "-H", "host: www.example.com", "-H", "x-v: 2", "-H", "x-re: abc", "-H", "x-rm: gone"
      };

      Map<String, Reply> reviews = new HashMap<>();
      for (int i = 0; i < 160; i++) {
        Reply reply = s.from("10.244.0.2", www + "/reviews/0?q=1", all);
        reviews.put(reply.pod().replaceAll("-v.", ""), reply);
      }
      assertThat(reviews).containsOnlyKeys("reviews", "ratings");
      Reply one = reviews.get("reviews");
      assertThat(one.said().path("path").asText()).isEqualTo("/r/0?q=1");
      assertThat(one.got("host")).isEqualTo("reviews.internal");
      assertThat(one.got("x-set")).isEqualTo("s");
      assertThat(one.got("x-add")).isEqualTo("a");
      assertThat(one.got("x-rm")).isEmpty();
      assertThat(one.headers()).containsEntry("x-resp", "r");
      assertThat(reviews.get("ratings").got("x-backend")).isEqualTo("ratings");
      Reply other = s.from("10.244.0.2", www + "/reviews/0?q=2", all);
      assertThat(other.pod()).as("no match but the last").isEqualTo("productpage-v1");
      Reply old = s.from("10.244.0.2", www + "/old", "-H", "host: www.example.com");
      assertThat(old.status()).isEqualTo(301);
      assertThat(old.headers()).containsEntry("location", "https://new.example.com/new");
      for (String broken : List.of("/missing", "/zero")) {
        assertThat(s.from("10.244.0.2", www + broken, "-H", "host: www.example.com").status())
            .as(broken)
            .isEqualTo(500);
      }
      assertThat(s.from("10.244.0.2", www + "/", "-H", "host: other.example.com").status())
          .isEqualTo(404);
      Reply https =
          s.from(
              "10.244.0.2",
              "https://www.example.com/",
              "-k",
              "--resolve",
              "www.example.com:443:10.244.0.22");
      assertThat(https.pod()).isEqualTo("productpage-v1");
      Reply grpc =
          s.from(
              "10.244.0.2",
              "http://10.244.0.22:50051/echo.EchoService/Echo",
              "--http2-prior-knowledge",
              "-X",
              "POST",
              "-H",
              "host: grpc.example.com",
              "-H",
              "content-type: application/grpc");
      assertThat(grpc.pod()).isIn("grpc-echo-0", "ratings-v1");
      assertThat(grpc.got("x-grpc")).isEqualTo("y");
      assertThat(s.sayFromOutside(9000, "hello").pod()).isEqualTo("details-v1");
    }
  }

  @Test
  void s14ServesRoutesOfTheMeshByTheGatewayApi() throws Exception {
    try (Scenario s = scenario("14-gamma-httproute").start()) {
      assertThat(s.refused()).isEmpty();
      String url = "http://" + REVIEWS + ":9080/";

      Reply jason = s.get(url, "-H", "host: reviews:9080", "-H", "end-user: jason");
      Map<String, Integer> pods = spread(s, url, 160, "-H", "host: reviews:9080");

      assertThat(jason.pod()).isEqualTo("reviews-v3");
      assertThat(jason.got("x-mesh")).isEmpty();
      assertThat(pods).containsOnlyKeys("reviews-v1", "reviews-v2");
      assertThat(s.get(url, "-H", "host: reviews:9080").got("x-mesh")).isEqualTo("gamma");
    }
  }

  @Test
  void s15SpeaksEachPortsProtocol() throws Exception {
    try (Scenario s =
        scenario("15-headless-tcp-sniffing")
            .place("10.244.1.51", 3306, "mysql-0")
            .place("10.244.1.52", 3306, "mysql-1")
            .place("10.244.1.53", 3306, "mysql-2")
            .place("10.244.2.1", 8080, "hless-http-0")
            .place("10.244.2.2", 8080, "hless-http-1")
            .start()) {
      assertThat(s.refused())
          .as("what counts MongoDB's operations, which no metric of Istio's needs")
          .allMatch(line -> line.contains("mongo_proxy"));

      for (String pod : List.of("10.244.1.51", "10.244.1.52", "10.244.1.53")) {
        Reply mysql = s.say(pod, 3306, "hello");
        assertThat(mysql.said().path("address").asText()).isEqualTo(pod);
        assertThat(mysql.said().path("got").asText()).isEqualTo("hello");
      }
      assertThat(s.say("10.96.1.17", 6379, "PING").pod()).isEqualTo("redis-0");
      Reply sniffed = s.get("http://10.96.1.18:9999/", "-H", "host: sniff:9999");
      assertThat(sniffed.pod()).isEqualTo("sniff-0");
      assertThat(sniffed.got("x-request-id")).as("taken for HTTP").isNotEmpty();
      assertThat(s.say("10.96.1.18", 9999, "no HTTP").said().path("got").asText())
          .isEqualTo("no HTTP");
      assertThat(s.get("http://10.96.1.19:7004/", "-H", "host: multi:7004").pod())
          .isEqualTo("multi-0");
      for (String pod : List.of("10.244.2.1", "10.244.2.2")) {
        Reply headless = s.get("http://" + pod + ":8080/", "-H", "host: hless-http:8080");
        assertThat(headless.pod()).startsWith("hless-http-");
      }
    }
    try (Scenario s = scenario("15-headless-tcp-sniffing").proxy("sniff").start()) {
      assertThat(s.from("10.244.0.11", "http://10.244.1.81:9999/").pod()).isEqualTo("app");
      assertThat(s.sayFromOutside(9999, "no HTTP").said().path("got").asText())
          .isEqualTo("no HTTP");
    }
    try (Scenario s = scenario("15-headless-tcp-sniffing").proxy("mysql-0").start()) {
      assertThat(s.sayFromOutside(3306, "hello").pod()).isEqualTo("app");
    }
  }

  @Test
  void s16LimitsInboundRequestsAsTheEnvoyFilterSays() throws Exception {
    try (Scenario s = scenario("16-envoyfilter").start()) {
      assertThat(s.refused())
          .as("the outbound side, whose filters are yet to come")
          .isNotEmpty()
          .allMatch(
              line ->
                  line.contains("lua.outbound")
                      || line.contains("connection_limit")
                      || line.contains("envoy.filters.http.buffer"));

      List<Integer> statuses = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        statuses.add(s.from("10.244.0.14", "http://" + PRODUCTPAGE + ":9080/").status());
      }
      assertThat(statuses).as("four a minute").containsExactly(200, 200, 200, 200, 429, 429);
    }
  }

  @Test
  void s18RoutesAsTheVirtualServicesSay() throws Exception {
    try (Scenario s = scenario("18-virtualservice-full").start()) {
      assertThat(s.refused()).isEmpty();
      String reviews = "http://" + REVIEWS + ":9080";
      String[] host = {"-H", "host: reviews:9080"};

      String[] retried = {
        "-H",
        "host: reviews:9080",
        "-H",
        "x-a: b",
        "-H",
        "x-p: cde",
        "-H",
        "x-r: dx",
        "-H",
        "x-present: 1",
        "-H",
        "x-do: 503,503,200"
      };
      Reply retry = s.get(reviews + "/RETRY?q=1&r=42", retried);
      assertThat(retry.status()).isEqualTo(200);
      assertThat(retry.said().path("attempt").asInt()).isEqualTo(3);
      String[] withNo = java.util.Arrays.copyOf(retried, retried.length + 2);
      withNo[retried.length] = "-H";
      withNo[retried.length + 1] = "x-no: n";
      assertThat(s.get(reviews + "/RETRY?q=1&r=42", withNo).status())
          .as("excluded by withoutHeaders, and not retried by the last route")
          .isEqualTo(503);
      assertThat(
              s.get(reviews + "/reabcx", "-H", "host: reviews:9080", "-H", "x-do: 503,200")
                  .status())
          .isEqualTo(200);
      Reply headers = s.get(reviews + "/headers", "-H", "host: reviews:9080", "-H", "x-rem: r");
      assertThat(headers.got("x-s")).isEqualTo("1");
      assertThat(headers.got("x-ad")).isEqualTo("2");
      assertThat(headers.got("x-rem")).isEmpty();
      assertThat(headers.got("host")).isEqualTo("over.example.com");
      assertThat(headers.headers()).containsEntry("x-rs", "3");
      Reply rewritten = s.get(reviews + "/rewrite/a/b", host);
      assertThat(rewritten.said().path("path").asText()).isEqualTo("/a/b");
      assertThat(rewritten.got("host")).isEqualTo("new.example.com");
      assertThat(s.get(reviews + "/rxrewrite/abc", host).said().path("path").asText())
          .isEqualTo("/x/abc");
      Reply redirect = s.get(reviews + "/redir", host);
      assertThat(redirect.status()).isEqualTo(308);
      assertThat(redirect.headers()).containsEntry("location", "https://r.example.com:8443/to");
      Reply teapot = s.get(reviews + "/direct", host);
      assertThat(teapot.status()).isEqualTo(418);
      assertThat(teapot.body()).isEqualTo("teapot");
      assertThat(s.get(reviews + "/directbytes", host).body()).isEqualTo("hello");
      Reply cors =
          s.get(
              reviews + "/cors",
              "-X",
              "OPTIONS",
              "-H",
              "host: reviews:9080",
              "-H",
              "origin: https://x.b.com",
              "-H",
              "access-control-request-method: POST");
      assertThat(cors.status()).isEqualTo(200);
      assertThat(cors.headers())
          .containsEntry("access-control-allow-origin", "https://x.b.com")
          .containsEntry("access-control-max-age", "86400")
          .containsEntry("access-control-allow-credentials", "true");
      Set<String> faults = new TreeSet<>();
      for (int i = 0; i < 40; i++) {
        Reply fault = s.get(reviews + "/fault", host);
        faults.add(fault.pod().isEmpty() ? fault.status() + " " + fault.body() : "served");
      }
      assertThat(faults)
          .as("half are aborted by a gRPC status")
          .containsExactly("200 fault filter abort", "served");
      String ratings = "http://" + RATINGS + ":9080";
      Reply delegated = s.get(ratings + "/d/one", "-H", "host: ratings:9080");
      assertThat(delegated.pod()).isEqualTo("ratings-v1");
      assertThat(delegated.said().path("path").asText()).isEqualTo("/one");
      assertThat(s.get(ratings + "/d/other", "-H", "host: ratings:9080").pod())
          .isEqualTo("details-v1");
      assertThat(s.get(ratings + "/notunder", "-H", "host: ratings:9080").pod())
          .isEqualTo("ratings-v1");
    }
  }

  @Test
  void s19BlocksWhatTheRegistryDoesNotName() throws Exception {
    try (Scenario s =
        scenario("19-registry-only")
            .host("httpbin.org", "203.0.113.31", 443)
            .place("203.0.113.31", 80, "httpbin")
            .place("203.0.113.7", 80, "web")
            .start()) {
      assertThat(s.refused()).isEmpty();

      assertThat(s.get("http://203.0.113.31/get", "-H", "host: httpbin.org").pod())
          .isEqualTo("httpbin");
      String tls = Scenario.request("GET", "/", "httpbin.org");
      assertThat(s.tlsOut("203.0.113.31", 443, "httpbin.org", tls).pod()).isEqualTo("httpbin.org");
      assertThat(s.get("http://203.0.113.7/", "-H", "host: web.example.org").status())
          .isEqualTo(502);
      assertThat(s.tlsOut("203.0.113.31", 443, "other.example.org", tls).pod()).isEmpty();
      assertThat(s.get("http://" + DETAILS + ":9080/", "-H", "host: details:9080").pod())
          .isEqualTo("details-v1");
    }
  }

  @Test
  void s20KeepsToTheMeshConfig() throws Exception {
    try (Scenario s =
        scenario("20-meshconfig-dns")
            .trustDomain("new-td")
            .place("10.244.1.51", 5432, "db-0")
            .place("10.244.1.52", 5432, "db-1")
            .start()) {
      assertThat(s.refused()).isEmpty();

      Reply external = s.get("http://192.0.2.20/a", "-H", "host: ext.example.com");
      assertThat(external.pod()).isEqualTo("203.0.113.9");
      Reply retried =
          s.get(
              "http://" + DETAILS + ":9080/",
              "-H",
              "host: details:9080",
              "-H",
              "x-do: 503,503,503,503,200");
      assertThat(retried.status()).as("five retries by default").isEqualTo(200);
      assertThat(retried.said().path("protocol").asText()).isEqualTo("HTTP/2");
      assertThat(retried.said().path("peer").asText())
          .isEqualTo("spiffe://new-td/ns/default/sa/bookinfo-productpage");
      assertThat(s.say("10.244.1.52", 5432, "hello").said().path("address").asText())
          .isEqualTo("10.244.1.52");
      Reply slashes =
          s.get("http://" + DETAILS + ":9080/a//b%2Fc", "--path-as-is", "-H", "host: details:9080");
      assertThat(slashes.said().path("path").asText())
          .as("slashes are decoded and merged")
          .isEqualTo("/a/b/c");
    }
  }
}
