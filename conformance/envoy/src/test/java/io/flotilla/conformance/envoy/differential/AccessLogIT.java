// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.format.FormatString;
import io.flotilla.model.format.JsonFormat;
import io.flotilla.model.format.Operator;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.LogFilter;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same requests leave the same lines in both sides' access logs, whatever the format asks. */
class AccessLogIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What differs by its nature: times, ports that the system chose, and random numbers. */
  private static final Set<String> OF_THE_RUN =
      Set.of(
          "START_TIME",
          "START_TIME_LOCAL",
          "EMIT_TIME",
          "EMIT_TIME_LOCAL",
          "DURATION",
          "REQUEST_DURATION",
          "REQUEST_TX_DURATION",
          "RESPONSE_DURATION",
          "RESPONSE_TX_DURATION",
          "UPSTREAM_CONNECTION_POOL_READY_DURATION",
          "DOWNSTREAM_REMOTE_PORT",
          "DOWNSTREAM_REMOTE_ADDRESS",
          "DOWNSTREAM_DIRECT_REMOTE_PORT",
          "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
          "DOWNSTREAM_LOCAL_PORT",
          "DOWNSTREAM_LOCAL_ADDRESS",
          "DOWNSTREAM_DIRECT_LOCAL_PORT",
          "DOWNSTREAM_DIRECT_LOCAL_ADDRESS",
          "UPSTREAM_LOCAL_PORT",
          "UPSTREAM_LOCAL_ADDRESS",
          "CONNECTION_ID",
          "UPSTREAM_CONNECTION_ID",
          "UPSTREAM_CONNECTION_IDS_ATTEMPTED",
          "ROUTE_RESOLUTION_TIME_US",
          "DOWNSTREAM_CX_RTT",
          "STREAM_ID",
          "UNIQUE_ID");

  /** Differences that stay, each by what it says of which requests, and why. */
  private static final Map<String, String> ALLOWED =
      Map.of(
          // Nothing was sent, so that not all headers were made.
          "REQUEST_HEADERS_BYTES", "GET /(dead|empty) .*",
          // Envoy has a pool's answer although the connection failed.
          "UPSTREAM_CONNECTION_POOL_READY_DURATION", "GET /dead .*|one|dead|empty",
          // What was not TLS at all is no failure of TLS here.
          "DOWNSTREAM_TRANSPORT_FAILURE_REASON", "unmatched",
          // Our answer does not tell the client why the connection failed.
          "DOWNSTREAM_WIRE_BYTES_SENT", "GET /dead .*",
          // The body of an answer that is not passed on is not read.
          "UPSTREAM_WIRE_BYTES_RECEIVED", "GET /retried .*",
          // Envoy adds the sum of all attempts up at each of them.
          "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED", "GET /retried .*");

  /** They hold x-envoy-upstream-service-time, whose length is a duration's. */
  private static final Set<String> NEARLY =
      Set.of(
          "RESPONSE_HEADERS_BYTES",
          "DOWNSTREAM_WIRE_BYTES_SENT",
          "DOWNSTREAM_HEADER_BYTES_SENT",
          "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT");

  /** Arguments and lengths, and texts of several operators. */
  private static final List<String> FORMATS =
      List.of(
          "%REQ(:METHOD)%",
          "%REQ(:PATH):4%",
          "%REQ(x-none?:AUTHORITY)%",
          "%REQ(x-none?x-nothing)%",
          "%REQ(x-two):3%",
          "%STREAM_INFO_REQ(x-two)%",
          "%REQUEST_HEADER(x-two)%",
          "%RESP(:STATUS)%",
          "%RESP(x-from)%",
          "%RESPONSE_HEADER(x-from):2%",
          "%TRAILER(x-end)%",
          "%REQ_WITHOUT_QUERY(:PATH)%",
          "%REQ_WITHOUT_QUERY(x-none?:PATH):5%",
          "%PATH(NQ)%",
          "%PATH(WQ:PATH):6%",
          "%PATH(NQ:ORIG)%",
          "%QUERY_PARAM(a)%",
          "%QUERY_PARAM(b):1%",
          "%QUERY_PARAM(none)%",
          "%QUERY_PARAMS(ORIG)%",
          "%QUERY_PARAMS(DECODED)%",
          "%GRPC_STATUS(NUMBER)%",
          "%GRPC_STATUS(SNAKE_STRING)%",
          "%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%",
          "%ENVIRONMENT(FLOTILLA_NO_SUCH_VARIABLE)%",
          "%DYNAMIC_METADATA(none:x)%",
          "%CLUSTER_METADATA(none)%",
          "%UPSTREAM_METADATA(none:x)%",
          "%FILTER_STATE(none)%",
          "%METADATA(ROUTE:none:x)%",
          "%REQUESTED_SERVER_NAME(SNI_FIRST)%",
          "%REQUESTED_SERVER_NAME(HOST_FIRST:HOST)%",
          "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(16)%",
          "%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(8)%",
          "%COMMON_DURATION(DS_RX_END:DS_RX_BEG:us)%",
          "%COMMON_DURATION(x:y)%",
          "code %RESPONSE_CODE% flags %RESPONSE_FLAGS% 100%%",
          "%START_TIME(%Y)%-%ROUTE_NAME%");

  private static RouteAction.Forward forward(
      String cluster, Optional<Duration> timeout, Optional<RetryPolicy> retry) {
    return new RouteAction.Forward(
        new ClusterChoice.Single(cluster),
        timeout,
        Optional.empty(),
        Optional.empty(),
        retry,
        Optional.empty(),
        new HostRewrite.Keep(),
        List.of(),
        List.of(),
        List.of());
  }

  private static Route at(String path, RouteAction action) {
    return Route.of(path.substring(1), RouteMatch.of(new PathMatch.Prefix(path)), action);
  }

  private static RouteConfiguration routes() {
    Optional<Duration> none = Optional.empty();
    return RouteConfiguration.of(
        "routes",
        List.of(
            VirtualHost.of(
                "all",
                List.of("*"),
                List.of(
                    at("/one", forward("one", none, Optional.empty())),
                    at(
                        "/retried",
                        forward(
                            "two",
                            none,
                            Optional.of(
                                new RetryPolicy(
                                    Set.of(RetryPolicy.Condition.FIVE_XX),
                                    Set.of(),
                                    2,
                                    none,
                                    Duration.ofMillis(1),
                                    Duration.ofMillis(2),
                                    false,
                                    1)))),
                    at(
                        "/soon",
                        forward("three", Optional.of(Duration.ofMillis(200)), Optional.empty())),
                    at("/dead", forward("dead", none, Optional.empty())),
                    at("/empty", forward("empty", none, Optional.empty())),
                    at("/missing", forward("missing", none, Optional.empty())),
                    at(
                        "/moved",
                        new RouteAction.Redirect(
                            301,
                            Optional.of("https"),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            false)),
                    at("/direct", new RouteAction.DirectResponse(403, "keep out"))))));
  }

  private static final List<String> REQUESTS =
      List.of(
          "GET /one?a=1&b=two%20x 200",
          "GET /one 404",
          "GET /one 204",
          "POST /one?c 200",
          "HEAD /one 200",
          "GET /one 503",
          "POST /one reset",
          "GET /retried 503,200",
          "GET /retried 500,502,503",
          "GET /soon slow",
          "GET /dead 200",
          "GET /empty 200",
          "GET /missing 200",
          "GET /none 200",
          "GET /moved 200",
          "GET /direct 200");

  private static AccessLog log(Path file, boolean omitEmpty) {
    Map<String, JsonFormat> fields = new TreeMap<>();
    Map<String, JsonFormat> special = new TreeMap<>();
    for (Operator each : EnumSet.allOf(Operator.class)) {
      if (each.takes() != Operator.Takes.REQUIRED
          && each.takes() != Operator.Takes.REQUIRED_AND_LENGTH) {
        fields.put(each.name(), text("%" + each + "%"));
      }
    }
    for (String format : FORMATS) {
      special.put(format, text(format));
    }
    fields.put("pair", text("%REQ(x-pair)%"));
    fields.put("special", new JsonFormat.Fields(special));
    fields.put(
        "list",
        new JsonFormat.Items(
            List.of(
                text("%RESPONSE_CODE%"),
                new JsonFormat.Num(1.5),
                new JsonFormat.Flag(true),
                text("%ROUTE_NAME%"),
                new JsonFormat.Fields(Map.of("deep", text("%PROTOCOL%"))))));
    return new AccessLog(
        new AccessLog.Sink.File(
            file.toString(), new AccessLog.Format.Json(new JsonFormat.Fields(fields), omitEmpty)),
        Optional.empty());
  }

  private static JsonFormat text(String format) {
    return new JsonFormat.Text(FormatString.parse(format));
  }

  private static void send(InetSocketAddress to, String side) throws IOException {
    try (Wire wire = new Wire(to, InetAddress.getByName("127.0.0.1"))) {
      for (String each : REQUESTS) {
        String[] words = each.split(" ");
        wire.send(
            new Wire.Request(
                words[0],
                words[1],
                List.of(
                    new Wire.Field("Host", "h.test"),
                    new Wire.Field("x-pair", each + side),
                    new Wire.Field("x-two", "abcdef"),
                    new Wire.Field("x-request-id", "11111111-2222-4333-8444-555555555555"),
                    new Wire.Field("x-answer", "x-from=backend"),
                    new Wire.Field("x-do", words[2])),
                words[0].equals("POST") ? "some body" : ""));
      }
    }
  }

  private static Map<String, JsonNode> lines(Path file) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    Map<String, JsonNode> out = new LinkedHashMap<>();
    while (out.size() < REQUESTS.size()) {
      assertThat(System.nanoTime())
          .as(() -> "lines of " + file + ": " + out.keySet())
          .isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(20);
      out.clear();
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          JsonNode json = JSON.readTree(line);
          String pair = json.path("pair").asText();
          out.put(pair.substring(0, pair.length() - 2), json);
          ((ObjectNode) json).remove("pair");
        }
      }
    }
    return out;
  }

  private static void compare(
      String where, JsonNode theirs, JsonNode ours, Map<String, List<String>> differences) {
    Set<String> names = new TreeSet<>();
    theirs.fieldNames().forEachRemaining(names::add);
    ours.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      JsonNode one = theirs.get(name);
      JsonNode other = ours.get(name);
      if (name.equals("special")) {
        compare(where, one, other, differences);
      } else if (!where.matches(ALLOWED.getOrDefault(name, "never")) && !same(name, one, other)) {
        differences
            .computeIfAbsent(name, n -> new ArrayList<>())
            .add(where + ": Envoy " + one + ", ours " + other);
      }
    }
  }

  private static boolean same(String name, JsonNode one, JsonNode other) {
    if (OF_THE_RUN.contains(name)) {
      return (one == null || one.isNull()) == (other == null || other.isNull());
    }
    return Objects.equals(one, other)
        || NEARLY.contains(name) && Math.abs(one.asLong() - other.asLong()) < 4;
  }

  @Test
  void writesTheFieldsThatEnvoyWrites(@TempDir Path folder) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    Path theirs = folder.resolve("theirs.log");
    Path ours = folder.resolve("ours.log");
    try (Suite suite = new Suite(ENVOY, folder)) {
      World world = suite.world();
      suite
          .sides()
          .apply(
              world.snapshot(1, routes(), world.clusters(), List.of(log(theirs, false))),
              world.snapshot(1, routes(), world.clusters(), List.of(log(ours, false))));
      send(suite.sides().envoyAddress(), " e");
      send(suite.sides().ourAddress(), " o");
      Map<String, JsonNode> expected = lines(theirs);
      Map<String, JsonNode> found = lines(ours);

      Map<String, List<String>> differences = new TreeMap<>();
      for (String request : REQUESTS) {
        compare(request, expected.get(request), found.get(request), differences);
      }
      assertThat(differences).as("%s", text(differences)).isEmpty();
    }
  }

  private static Listener tcp(List<AccessLog> logs, String cluster) {
    return Listener.of(
        Sides.LISTENER,
        new SocketAddress("127.0.0.1", 0),
        Listener.TrafficDirection.OUTBOUND,
        FilterChain.plain(
            "chain",
            new TcpProxy("tcp", new ClusterChoice.Single(cluster), Optional.empty(), logs)));
  }

  // It has a chain for TLS alone, which nobody speaks.
  private static Listener unmatched(List<AccessLog> logs) {
    Listener plain = tcp(List.of(), "one");
    FilterChain chain = plain.filterChains().getFirst();
    return new Listener(
        plain.name(),
        plain.address(),
        List.of(),
        true,
        plain.direction(),
        false,
        false,
        Set.of(Listener.Inspector.TLS),
        Duration.ofSeconds(2),
        true,
        List.of(
            new FilterChain(
                "tls",
                new FilterChainMatch(
                    Optional.empty(), List.of(), List.of(), "tls", List.of(), List.of()),
                chain.tls(),
                chain.networkFilters(),
                chain.terminal())),
        Optional.empty(),
        logs.stream().map(l -> l.where(new LogFilter.ResponseFlags(Set.of("NR")))).toList());
  }

  private static ProxySnapshot snapshot(long revision, World world, Listener listener) {
    return new ProxySnapshot(
        revision,
        Map.of(listener.name(), listener),
        Map.of(),
        world.clusters(),
        Map.of(),
        Map.of());
  }

  private static void exchangeBytes(InetSocketAddress to) throws IOException {
    try (Socket socket = new Socket(to.getAddress(), to.getPort())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write("GET /x HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[512];
      int read = 0;
      while (read >= 0 && !new String(answer, StandardCharsets.US_ASCII).contains("from 0")) {
        read = socket.getInputStream().read(answer);
      }
    } catch (SocketException reset) {
      // As those end that nobody takes.
    }
  }

  @Test
  void writesOfByteStreamsWhatEnvoyWrites(@TempDir Path folder) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    Path theirs = folder.resolve("theirs.log");
    Path ours = folder.resolve("ours.log");
    List<AccessLog> their = List.of(log(theirs, false));
    List<AccessLog> our = List.of(log(ours, false));
    Map<String, List<String>> differences = new TreeMap<>();
    try (Suite suite = new Suite(ENVOY, folder)) {
      World world = suite.world();
      int revision = 0;
      for (String cluster : List.of("one", "dead", "empty", "missing", "unmatched")) {
        revision++;
        boolean matched = !cluster.equals("unmatched");
        suite
            .sides()
            .apply(
                snapshot(revision, world, matched ? tcp(their, cluster) : unmatched(their)),
                snapshot(revision, world, matched ? tcp(our, cluster) : unmatched(our)));
        exchangeBytes(suite.sides().envoyAddress());
        exchangeBytes(suite.sides().ourAddress());
        compare(cluster, line(theirs, revision), line(ours, revision), differences);
      }
    }
    assertThat(differences).as("%s", text(differences)).isEmpty();
  }

  private static JsonNode line(Path file, int number) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!Files.exists(file) || Files.readAllLines(file).size() < number) {
      assertThat(System.nanoTime()).as("line %s of %s", number, file).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return JSON.readTree(Files.readAllLines(file).get(number - 1));
  }

  private static String text(Map<String, List<String>> differences) {
    StringBuilder out = new StringBuilder();
    differences.forEach(
        (name, where) ->
            out.append('\n').append(name).append("\n  ").append(String.join("\n  ", where)));
    return out.toString();
  }
}
