// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture.istiod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.conformance.capture.Namespace;
import io.flotilla.conformance.mesh.RunningMesh;
import io.flotilla.xds.codec.Golden;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One proxy of one scenario, running: a namespace with its pod's address and a namespace with every
 * other address that its endpoints name.
 */
final class Scenario implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  private static final Pattern POD =
      Pattern.compile(
          "kind: Pod\\nmetadata:\\n  name: (\\S+)\\n  namespace: (\\S+)\\n"
              + "(?s:.*?)serviceAccountName: (\\S+)\\n(?s:.*?)podIP: (\\S+)");

  /** A pod that the scenario's objects name. */
  record Pod(String name, String namespace, String account) {}

  private final Namespace workload;
  private final Namespace world;
  private final Certificates certificates;
  private final List<Process> processes = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final String address;

  private Scenario(Namespace workload, Namespace world, Certificates certificates, String address) {
    this.workload = workload;
    this.world = world;
    this.certificates = certificates;
    this.address = address;
  }

  /** How a scenario is to be run. */
  static final class Builder {
    private final String name;
    private Certificates certificates;
    private final Path temporary;
    private String out = "out";
    private String proxy = "proxy.json";
    private String trustDomain = "cluster.local";
    private final Map<String, String> names = new LinkedHashMap<>();
    private final List<String> places = new ArrayList<>();
    private final List<String> own = new ArrayList<>();

    Builder(String name, Certificates certificates, Path temporary) {
      this.name = name;
      this.certificates = certificates;
      this.temporary = temporary;
    }

    /** Another proxy of the scenario than its first. */
    Builder proxy(String suffix) {
      out = "out-" + suffix;
      proxy = "proxy-" + suffix + ".json";
      return this;
    }

    /** Another trust domain than "cluster.local", with an authority of its own. */
    Builder trustDomain(String name) throws Exception {
      trustDomain = name;
      certificates = Certificates.in(Files.createTempDirectory(temporary, "authority"));
      return this;
    }

    /** A place that no endpoint names. */
    Builder place(String address, int port, String name) {
      places.add(address + " " + port + " " + name);
      return this;
    }

    /** A place beside the proxy. */
    Builder own(String address, int port) {
      own.add(address + " " + port + " app");
      return this;
    }

    /** A name that the workload resolves, and the place behind it. */
    Builder host(String host, String address, int port) throws Exception {
      names.put(host, address);
      certificates.sign(host, "DNS:" + host);
      return place(address, port, host);
    }

    Scenario start() throws Exception {
      Path folder = Golden.folder().resolve(name);
      JsonNode node = JSON.readTree(folder.resolve("in").resolve(proxy).toFile());
      String ip = node.path("ip").asText();
      Map<String, Pod> pods = pods(folder.resolve("in"));
      String id = ProcessHandle.current().pid() % 10_000 + "-" + NUMBERS.incrementAndGet();
      for (String ns : List.of("fgw" + id, "fgo" + id)) {
        Namespace.must("ip", "netns", "add", ns);
      }
      Scenario made =
          new Scenario(
              new Namespace("fgw" + id, ip, true),
              new Namespace("fgo" + id, "", true),
              certificates,
              ip);
      try {
        made.start(this, folder, node, pods);
        return made;
      } catch (Exception e) {
        made.close();
        throw e;
      }
    }
  }

  private void start(Builder how, Path folder, JsonNode node, Map<String, Pod> pods)
      throws Exception {
    Set<String> places = new LinkedHashSet<>(how.places);
    for (JsonNode endpoint : endpoints(folder.resolve(how.out))) {
      String at = endpoint.path("address").asText();
      Pod pod = pods.get(at);
      if (!at.equals(address)) {
        places.add(
            at + " " + endpoint.path("portValue").asInt() + " " + (pod == null ? at : pod.name()));
      }
    }
    Set<String> own = new LinkedHashSet<>(how.own);
    for (int port : inboundPorts(folder.resolve(how.out))) {
      own.add(address + " " + port + " app");
    }
    for (Pod pod : pods.values()) {
      certificates.sign(
          pod.name(), "URI:" + spiffe(how.trustDomain, pod.namespace(), pod.account()));
    }
    join(places, pods.keySet());
    resolve(how.names);
    run(world, World.class, how.temporary, places);
    run(workload, World.class, how.temporary, own);
    boolean router = node.path("type").asText().equals("router");
    if (!router) {
      Namespace.must(
          RunningMesh.root().resolve("flotilla").toString(),
          "iptables",
          "--apply",
          "--network-namespace",
          "/var/run/netns/" + workload.name());
    }
    Pod self = pods.get(address);
    Path keys = Files.createTempDirectory(how.temporary, "keys");
    link(keys, "ca.crt", "ca.crt");
    pair(keys, "default", self.name());
    for (String file :
        List.of(
            "file-cert:/etc/certs/tls.crt~/etc/certs/tls.key",
            "file-cert:/etc/certs/client.pem~/etc/certs/key.pem")) {
      pair(keys, GoldenProxy.file(file), self.name());
    }
    for (String credential :
        List.of(
            "kubernetes_httpbin-credential",
            "kubernetes_mtls-credential",
            "kubernetes-gateway_default_gwapi-cert")) {
      certificates.sign(credential, "DNS:*.example.com,DNS:tcp.example.com");
      pair(keys, credential, credential);
    }
    await(
        start(
            workload,
            List.of("setpriv", "--regid", "1337", "--clear-groups", "--"),
            GoldenProxy.class,
            folder.toString(),
            how.out,
            node.path("id").asText(),
            keys.toString(),
            router ? "router" : "sidecar"));
  }

  private void pair(Path keys, String name, String of) throws IOException {
    link(keys, name + ".crt", of + ".crt");
    link(keys, name + ".key", of + ".key");
  }

  private void link(Path keys, String name, String of) throws IOException {
    Files.createSymbolicLink(keys.resolve(name), certificates.folder().resolve(of));
  }

  static String spiffe(String namespace, String account) {
    return spiffe("cluster.local", namespace, account);
  }

  private static String spiffe(String trustDomain, String namespace, String account) {
    return "spiffe://" + trustDomain + "/ns/" + namespace + "/sa/" + account;
  }

  private static List<JsonNode> endpoints(Path out) throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (String file : List.of("eds.json", "cds.json")) {
      for (JsonNode found : JSON.readTree(out.resolve(file).toFile()).findValues("endpoint")) {
        JsonNode at = found.path("address").path("socketAddress");
        if (at.path("address").asText().matches("[0-9.]+")
            && !at.path("address").asText().startsWith("127.")) {
          all.add(at);
        }
      }
    }
    return all;
  }

  private static Set<Integer> inboundPorts(Path out) throws IOException {
    Set<Integer> ports = new TreeSet<>();
    for (JsonNode listener : JSON.readTree(out.resolve("lds.json").toFile())) {
      if (listener.path("name").asText().equals("virtualInbound")) {
        listener
            .findValues("destinationPort")
            .forEach(
                p -> {
                  if (p.asInt() < 15000 || p.asInt() > 15100) {
                    ports.add(p.asInt());
                  }
                });
      }
    }
    return ports;
  }

  private static Map<String, Pod> pods(Path in) throws IOException {
    Map<String, Pod> all = new LinkedHashMap<>();
    try (var files = Files.list(in)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        for (String document : Files.readString(file).split("\n---\n")) {
          Matcher pod = POD.matcher(document);
          if (pod.find()) {
            all.put(pod.group(4), new Pod(pod.group(1), pod.group(2), pod.group(3)));
          }
        }
      }
    }
    return all;
  }

  private void join(Set<String> places, Set<String> pods) throws Exception {
    String inside = workload.name();
    String outside = world.name();
    ip(
        "link", "add", "eth0", "netns", inside, "type", "veth", "peer", "name", "eth0", "netns",
        outside);
    for (String each : List.of(inside, outside)) {
      ip("-n", each, "link", "set", "lo", "up");
      ip("-n", each, "link", "set", "eth0", "up");
    }
    ip("-n", inside, "addr", "add", address + "/32", "dev", "eth0");
    ip("-n", inside, "route", "add", "default", "dev", "eth0");
    ip("-n", outside, "route", "add", address + "/32", "dev", "eth0");
    Set<String> addresses = new TreeSet<>(pods);
    places.forEach(p -> addresses.add(p.substring(0, p.indexOf(' '))));
    addresses.remove(address);
    for (String each : addresses) {
      ip("-n", outside, "addr", "add", each + "/32", "dev", "lo");
    }
  }

  private static void ip(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("ip"));
    all.addAll(Arrays.asList(arguments));
    Namespace.must(all.toArray(String[]::new));
  }

  // What "ip netns exec" puts in the place of the machine's own files.
  private void resolve(Map<String, String> names) throws IOException {
    Path folder = Path.of("/etc/netns", workload.name());
    Files.createDirectories(folder);
    StringBuilder hosts = new StringBuilder("127.0.0.1 localhost\n");
    names.forEach((name, at) -> hosts.append(at).append(' ').append(name).append('\n'));
    files.add(Files.writeString(folder.resolve("hosts"), hosts));
    files.add(Files.writeString(folder.resolve("resolv.conf"), "nameserver 127.0.0.1\n"));
    files.add(folder);
  }

  private void run(Namespace in, Class<?> program, Path temporary, Set<String> places)
      throws Exception {
    Path list = Files.createTempFile(temporary, "places", "");
    Files.write(list, places);
    await(start(in, List.of(), program, list.toString(), certificates.folder().toString()));
  }

  private Process start(Namespace in, List<String> as, Class<?> program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(as);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add("-Dflotilla.corpus=" + System.getProperty("flotilla.corpus"));
    command.add(program.getName());
    command.addAll(Arrays.asList(arguments));
    Process started = in.start(command.toArray(String[]::new));
    processes.add(started);
    return started;
  }

  private void await(Process started) throws IOException {
    BufferedReader said =
        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
    List<String> before = new ArrayList<>();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      if (line.equals("ready")) {
        Thread.ofVirtual().start(() -> drop(said));
        return;
      }
      before.add(line);
      if (line.startsWith("refused: ") || line.startsWith("problem: ")) {
        refused.add(line);
      }
    }
    throw new AssertionError("it ended: " + String.join("\n", before));
  }

  private static void drop(BufferedReader said) {
    try {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        continue;
      }
    } catch (IOException over) {
      // It ended.
    }
  }

  /** What the proxy would not have, or could not do. */
  List<String> refused() {
    return refused;
  }

  /** Asks from within the workload. */
  Reply get(String url, String... options) throws Exception {
    return Reply.of(workload.run(curl(url, options)).output());
  }

  /** Asks the workload, or a gateway, from another pod. */
  Reply from(String pod, String url, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--interface", pod));
    all.addAll(Arrays.asList(options));
    return Reply.of(world.run(curl(url, all.toArray(String[]::new))).output());
  }

  private static String[] curl(String url, String... options) {
    List<String> command =
        new ArrayList<>(List.of("curl", "-s", "-i", "--noproxy", "*", "-m", "20"));
    command.addAll(Arrays.asList(options));
    command.add(url);
    return command.toArray(String[]::new);
  }

  /** Says a line, and takes what is answered, from within the workload. */
  Reply say(String host, int port, String text) throws Exception {
    return Reply.of(workload.run(line(host, port, text)).output());
  }

  /** Says a line to the workload, or a gateway, from outside. */
  Reply sayFromOutside(int port, String text) throws Exception {
    return Reply.of(world.run(line(address, port, text)).output());
  }

  private static String[] line(String host, int port, String text) {
    String script =
        "exec 3<>/dev/tcp/%s/%d && printf '%s\\n' >&3 && read -r -t 10 line <&3 && echo \"$line\""
            .formatted(host, port, text);
    return new String[] {"timeout", "20", "bash", "-c", script};
  }

  /** Says something over TLS from another pod, as that pod or whom {@code as} names. */
  Reply tls(String pod, int port, String as, String alpn, String sni, String text)
      throws Exception {
    return Reply.of(world.run(openssl(pod, address, port, as, alpn, sni, text)).output());
  }

  /** Says something over TLS from within the workload. */
  Reply tlsOut(String host, int port, String sni, String text) throws Exception {
    return Reply.of(workload.run(openssl("", host, port, "", "", sni, text)).output());
  }

  private String[] openssl(
      String pod, String host, int port, String as, String alpn, String sni, String text) {
    List<String> s = new ArrayList<>(List.of("openssl", "s_client", "-quiet"));
    s.addAll(List.of("-connect", host + ":" + port));
    if (!pod.isEmpty()) {
      s.addAll(List.of("-bind", pod + ":0"));
    }
    if (!as.isEmpty()) {
      s.addAll(List.of("-cert", certificates.folder().resolve(as + ".crt").toString()));
      s.addAll(List.of("-key", certificates.folder().resolve(as + ".key").toString()));
    }
    if (!alpn.isEmpty()) {
      s.addAll(List.of("-alpn", alpn));
    }
    s.addAll(sni.isEmpty() ? List.of("-noservername") : List.of("-servername", sni));
    String script =
        "(printf '%s'; sleep 1) | timeout 20 %s 2>/dev/null"
            .formatted(text.replace("\r", "\\r").replace("\n", "\\n"), String.join(" ", s));
    return new String[] {"bash", "-c", script};
  }

  /** A request of HTTP/1.1 after whose answer the connection ends. */
  static String request(String method, String path, String host, String... headers) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nhost: "
        + host
        + "\r\nconnection: close\r\n"
        + String.join("", Arrays.stream(headers).map(h -> h + "\r\n").toList())
        + "\r\n";
  }

  String address() {
    return address;
  }

  @Override
  public void close() throws Exception {
    for (Process process : processes) {
      process.getOutputStream().close();
    }
    for (Process process : processes) {
      process.waitFor();
    }
    workload.close();
    world.close();
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
