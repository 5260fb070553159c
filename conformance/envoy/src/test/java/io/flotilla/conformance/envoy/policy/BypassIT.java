// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ways by which people got round policies before, tried on our engine and on a real Envoy: what
 * one lets in, the other does.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BypassIT {
  private static final String DENY =
      """
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: deny, namespace: foo}
      spec:
        action: DENY
        rules:
        - to: [{operation: {paths: [/admin, "/admin/*", "*.secret", "/t/{*}/x"]}}]
        - to: [{operation: {methods: [DELETE]}}]
        - to: [{operation: {hosts: [secret.test, "secret.test:*", "*.hidden.test"]}}]
        - when: [{key: "request.headers[x-user]", values: [bad]}]
      """;
  private static final String ALLOW =
      """
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: allow, namespace: foo}
      spec:
        rules:
        - to: [{operation: {paths: ["/public/*"], methods: [GET], hosts: [a.test]}}]
          when: [{key: "request.headers[x-user]", values: [good], notValues: [bad]}]
        - to: [{operation: {notPaths: ["/admin*"], methods: [POST]}}]
      """;
  private static final List<String> PATHS =
      List.of(
          "/",
          "/admin",
          "/Admin",
          "/ADMIN",
          "/admin/",
          "//admin",
          "/admin//",
          "/./admin",
          "/x/../admin",
          "/admin/../x",
          "/admin/./",
          "/%61dmin",
          "/adm%69n",
          "/%41dmin",
          "/admin%2F",
          "/admin%2fx",
          "/%2fadmin",
          "/admin;v=1",
          "/;/admin",
          "/admin/;x",
          "/admin?x",
          "/admin?",
          "/x?/admin",
          "/admin#f",
          "/admin#",
          "/x#/../admin",
          "/#/admin",
          "/admin%23",
          "/admin%3F",
          "/admin%3f/x",
          "/admin%00",
          "/admin%",
          "/admin%zz",
          "/admin%2",
          "/\\admin",
          "/x\\..\\admin",
          "/x/%2e%2e/admin",
          "/x/%2E%2E/admin",
          "/x/..%2fadmin",
          "/x/..;/admin",
          "/x/.%2e/admin",
          "/admin.",
          "/admin%20",
          "/admin%09",
          "/.//admin",
          "//admin//x",
          "/a//../admin",
          "/a/b/../../admin",
          "/..",
          "/../admin",
          "/...//admin",
          "/a/.../admin",
          "/%2e/admin",
          "/%5cadmin",
          "/admin%5c",
          "/admin/%2e%2e/x",
          "/x.secret",
          "/x.secret/",
          "/x.SECRET",
          "/x.secret?y",
          "/x.secret;y",
          "/x%2esecret",
          "/t/a/x",
          "/t//x",
          "/t/a%2fb/x",
          "/t/a/b/x",
          "/t/a;b/x",
          "/t/a x/x",
          "/t/%41/x",
          "/t/*/x",
          "/public/a",
          "/public",
          "/public/../admin",
          "/public/..%2fadmin",
          "/public//../admin",
          "/public/%2e%2e/admin",
          "/publicx",
          "/PUBLIC/a",
          "//public/a",
          "/public/a#b",
          "/public/\u00e9",
          "/admin\u00a0",
          "/admin~",
          "/%7eadmin",
          "/admin%7E",
          "/admin+",
          "/ad%6Din/",
          "/admin%E2%80%8B");
  private static final Map<String, PathNormalization> NORMALIZATIONS =
      Map.of(
          "",
          PathNormalization.BASE,
          "-none",
          PathNormalization.NONE,
          "-merged",
          PathNormalization.MERGE_SLASHES,
          "-decoded",
          PathNormalization.DECODE_AND_MERGE_SLASHES,
          "-rejected",
          new PathNormalization(PathNormalization.EscapedSlashes.REJECT, true, true),
          "-redirected",
          new PathNormalization(
              PathNormalization.EscapedSlashes.UNESCAPE_AND_REDIRECT, true, true));
  private static final List<String> TARGETS =
      List.of(
          "http://a.test/admin",
          "http://a.test/x",
          "http://secret.test/x",
          "http://SECRET.test/x",
          "http://secret.test",
          "http://a.test?/admin",
          "HTTP://a.test/admin",
          "https://a.test/admin",
          "http://a.test//admin",
          "http://a.test/public/a",
          "*",
          "admin",
          "a.test:80");
  private static final List<String> HOSTS =
      List.of(
          "a.test",
          "A.TEST",
          "a.test:80",
          "secret.test",
          "SECRET.TEST",
          "Secret.Test",
          "secret.test:80",
          "secret.test:8080",
          "secret.test:",
          "secret.test.",
          "secret.test.:80",
          ".secret.test",
          "x.hidden.test",
          "x.HIDDEN.test",
          "x.hidden.test:80",
          "x.hidden.test.",
          "a@secret.test",
          "secret.test/x",
          "",
          "[::1]",
          "127.0.0.1");
  private static final List<String> METHODS =
      List.of(
          "GET", "POST", "HEAD", "DELETE", "PUT", "OPTIONS", "PATCH", "TRACE", "delete", "Delete",
          "get");
  private static final List<String> HEADERS =
      List.of(
          "x-user: bad",
          "X-USER: bad",
          "x-user: BAD",
          "x-user:bad",
          "x-user:  bad  ",
          "x-user: bad,good",
          "x-user: good\r\nx-user: bad",
          "x-user: bad\r\nx-user: good",
          "x-user: bad\r\nx-user: bad",
          "x-user: good\r\nx-user: good",
          "x-user: good, good",
          "x_user: bad",
          "x-user: ",
          "x-user: good",
          "x-user: bad\r\nX-User: bad",
          "x-user: b\r\n ad",
          "x-user : bad",
          "x-user\t: bad",
          "x-user: good\r\nconnection: x-user",
          "x-user: bad\r\nconnection: x-user",
          "x-user: good\u0000",
          "x-user: good\r\nhost: secret.test",
          "x-user: good\r\n\r\n");

  /** What we refuse and Envoy takes, by what it looks like; refusing lets nobody in. */
  private static final Map<String, Pattern> REFUSED =
      Map.of(
          "escapes that are none", Pattern.compile("%(?![0-9a-fA-F]{2})"),
          "paths that leave their root", Pattern.compile("^\\S+ /\\.\\.[/ ]"),
          "two hosts (RFC 9112, section 3.2)", Pattern.compile("(?s)host:.*\r\nhost:"),
          "users in hosts (RFC 9110, section 4.2.4)", Pattern.compile("\r\nhost: [^\r]*@"));

  private static final Pattern ANSWER =
      Pattern.compile("^HTTP/1\\.1 (\\d+) (?s:.*?\r\nlocation: ([^\r]*))?");

  private final Set<String> listeners = new TreeSet<>();
  private Pair sides;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    Pair.assumeEnvoy();
    Map<String, Listener> listeners = new LinkedHashMap<>();
    for (Map.Entry<String, PathNormalization> paths : NORMALIZATIONS.entrySet()) {
      add(listeners, "deny" + paths.getKey(), DENY, paths.getValue());
      add(listeners, "allow" + paths.getKey(), ALLOW, paths.getValue());
    }
    this.listeners.addAll(listeners.keySet());
    sides =
        new Pair(folder, new ProxySnapshot(1, listeners, Map.of(), Map.of(), Map.of(), Map.of()));
  }

  @AfterAll
  void stop() {
    if (sides != null) {
      sides.close();
    }
  }

  private static void add(
      Map<String, Listener> listeners, String name, String policies, PathNormalization paths) {
    List<HttpFilter> filters =
        new ArrayList<>(PolicyFile.of(name, policies, List.of("cluster.local")).http());
    filters.add(new HttpFilter.Router(false));
    HttpConnectionManager m = Ours.always(name, new RouteAction.DirectResponse(200, "ok"), filters);
    HttpConnectionManager http =
        new HttpConnectionManager(
            m.statPrefix(),
            HttpConnectionManager.Codec.HTTP1,
            m.routes(),
            m.filters(),
            false,
            0,
            m.forwardClientCert(),
            false,
            "",
            paths,
            m.streamIdleTimeout(),
            Duration.ZERO,
            Optional.empty(),
            60,
            List.of(),
            Optional.empty(),
            List.of());
    listeners.put(
        name,
        Listener.of(
            name,
            new SocketAddress("127.0.0.1", 0),
            Listener.TrafficDirection.INBOUND,
            FilterChain.plain("all", http)));
  }

  /** What came of the request: its status, and where it is sent to; or "closed". */
  private static String ask(int port, String request) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(5_000);
      socket.connect(new InetSocketAddress("127.0.0.1", port), 2_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try {
        int c = socket.getInputStream().read();
        while (c >= 0 && !out.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r")) {
          out.write(c);
          c = socket.getInputStream().read();
        }
      } catch (SocketException e) {
        // What came before it counts.
      }
      Matcher answer = ANSWER.matcher(out.toString(StandardCharsets.ISO_8859_1));
      if (!answer.find()) {
        return "closed";
      }
      return answer.group(2) == null ? answer.group(1) : answer.group(1) + " " + answer.group(2);
    }
  }

  private static String request(String method, String target, String host, String headers) {
    return method
        + " "
        + target
        + " HTTP/1.1\r\nhost: "
        + host
        + (headers.isEmpty() ? "" : "\r\n" + headers)
        + "\r\nconnection: close\r\n\r\n";
  }

  /** Asks both everywhere; what differs. */
  private List<String> differences(List<String> requests) throws IOException {
    List<String> out = new ArrayList<>();
    for (String listener : listeners) {
      int ours = sides.ours(listener);
      for (String request : requests) {
        String theirs = ask(sides.theirs(listener), request);
        String mine = ask(ours, request);
        if (!theirs.equals(mine) && !isAllowed(request, theirs, mine)) {
          out.add(
              listener
                  + ": Envoy "
                  + theirs
                  + ", ours "
                  + mine
                  + ": "
                  + request.replace("\r\n", "|").replace("\u0000", "<0>"));
        }
      }
    }
    return out;
  }

  private static boolean isAllowed(String request, String theirs, String mine) {
    return (mine.equals("400")
            && REFUSED.values().stream().anyMatch(p -> p.matcher(request).find()))
        // An empty path is "/" (RFC 9112, section 3.2.1); for Envoy it leads nowhere.
        || (theirs.equals("404") && request.startsWith("GET http://a.test?"));
  }

  @Test
  void readsPathsAsEnvoyDoes() throws Exception {
    List<String> requests = new ArrayList<>();
    for (String path : PATHS) {
      requests.add(request("GET", path, "a.test", "x-user: good"));
      requests.add(request("POST", path, "a.test", "content-length: 0"));
    }
    for (String target : TARGETS) {
      requests.add(request("GET", target, "a.test", "x-user: good"));
    }
    assertThat(differences(requests)).isEmpty();
  }

  @Test
  void readsHostsAsEnvoyDoes() throws Exception {
    List<String> requests = new ArrayList<>();
    for (String host : HOSTS) {
      requests.add(request("GET", "/public/a", host, "x-user: good"));
    }
    assertThat(differences(requests)).isEmpty();
  }

  @Test
  void readsMethodsAsEnvoyDoes() throws Exception {
    List<String> requests = new ArrayList<>();
    for (String method : METHODS) {
      requests.add(request(method, "/public/a", "a.test", "x-user: good"));
    }
    assertThat(differences(requests)).isEmpty();
  }

  @Test
  void readsHeadersAsEnvoyDoes() throws Exception {
    List<String> requests = new ArrayList<>();
    for (String header : HEADERS) {
      requests.add(request("GET", "/public/a", "a.test", header));
    }
    assertThat(differences(requests)).isEmpty();
  }
}
