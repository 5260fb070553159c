// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.capture;

import io.flotilla.cli.capture.CaptureSettings.Mode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The iptables rules that hand a workload's connections to its proxy: the chains of Istio's
 * istio-iptables, in its order, of one IP family. Inbound TCP goes to one port of the proxy,
 * outbound TCP to another, DNS to a third, but for what the proxy itself sends, for loopback, and
 * for what is excluded.
 */
public final class CaptureRules {
  private static final Set<String> BUILT_IN = Set.of("PREROUTING", "OUTPUT");
  // Packets of the proxy to its own workload by the workload's own address, with TPROXY.
  private static final String OWN_MARK = "1338";
  private static final String DNS_PORT = "15053";

  private static final String INBOUND = "ISTIO_INBOUND";
  private static final String OUTPUT = "ISTIO_OUTPUT";
  private static final String REDIRECT = "ISTIO_REDIRECT";
  private static final String IN_REDIRECT = "ISTIO_IN_REDIRECT";
  private static final String OUTPUT_DNS = "ISTIO_OUTPUT_DNS";
  private static final String DIVERT = "ISTIO_DIVERT";
  private static final String TPROXY = "ISTIO_TPROXY";
  private static final String DROP = "ISTIO_DROP";

  /** The chains that are ours. */
  static final List<String> CHAINS =
      List.of(INBOUND, OUTPUT, REDIRECT, IN_REDIRECT, OUTPUT_DNS, DIVERT, TPROXY, DROP);

  private final CaptureSettings settings;
  private final boolean v6;
  private final Map<String, List<Rule>> tables = new LinkedHashMap<>();

  /** IPv4 or IPv6. */
  public enum Family {
    V4,
    V6
  }

  /**
   * One rule.
   *
   * @param words of the command, from -A or -I on
   */
  private record Rule(String chain, List<String> words) {}

  /** Rules of one family. */
  public CaptureRules(CaptureSettings settings, Family family) {
    this.settings = settings;
    this.v6 = family == Family.V6;
    for (String table : List.of("mangle", "nat", "raw")) {
      tables.put(table, new ArrayList<>());
    }
    interfaces();
    invalid();
    redirects();
    inbound();
    outbound();
    if (settings.mode() == Mode.TPROXY) {
      transparent();
    }
  }

  /**
   * What iptables-restore reads. Read with {@code --noflush}, it replaces the rules of our chains
   * and adds the jumps to them.
   */
  public String text() {
    StringBuilder out = new StringBuilder();
    tables.forEach(
        (table, rules) -> {
          if (rules.isEmpty()) {
            return;
          }
          out.append('*').append(table).append('\n');
          Set<String> chains = new LinkedHashSet<>();
          rules.forEach(rule -> chains.addAll(named(rule)));
          chains.forEach(chain -> out.append(':').append(chain).append(" - [0:0]\n"));
          rules.forEach(rule -> out.append(String.join(" ", rule.words())).append('\n'));
          out.append("COMMIT\n");
        });
    return out.toString();
  }

  private static List<String> named(Rule rule) {
    List<String> all = new ArrayList<>(rule.words());
    all.retainAll(CHAINS);
    return all;
  }

  /**
   * By table, the arguments of iptables that take away what {@link #text} puts into chains that are
   * not ours.
   */
  Map<String, List<List<String>>> removals() {
    return tables.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                each ->
                    each.getValue().stream()
                        .filter(rule -> BUILT_IN.contains(rule.chain()))
                        .map(CaptureRules::removal)
                        .toList(),
                (a, b) -> a,
                LinkedHashMap::new));
  }

  private static List<String> removal(Rule rule) {
    List<String> words = new ArrayList<>(rule.words());
    if (words.getFirst().equals("-I")) {
      words.remove(2);
    }
    words.set(0, "-D");
    return words;
  }

  private void add(String table, String chain, String... words) {
    List<String> all = new ArrayList<>(List.of("-A", chain));
    all.addAll(Arrays.asList(words));
    rules(table).add(new Rule(chain, all));
  }

  private void insert(String table, String chain, int at, String... words) {
    List<String> all = new ArrayList<>(List.of("-I", chain, Integer.toString(at)));
    all.addAll(Arrays.asList(words));
    rules(table).add(new Rule(chain, all));
  }

  private List<Rule> rules(String table) {
    return tables.getOrDefault(table, List.of());
  }

  private String loopback() {
    return v6 ? "::1/128" : "127.0.0.1/32";
  }

  /** From where the proxy connects to its own application. */
  private String passthrough() {
    return v6 ? "::6/128" : "127.0.0.6/32";
  }

  private List<String> ofFamily(List<String> addresses) {
    return addresses.stream().filter(a -> a.indexOf(':') >= 0 == v6).toList();
  }

  private void interfaces() {
    for (String nic : settings.interfacesExcluded()) {
      add("nat", "PREROUTING", "-i", nic, "-j", "RETURN");
      add("nat", "OUTPUT", "-o", nic, "-j", "RETURN");
      if (settings.mode() == Mode.TPROXY) {
        add("mangle", "PREROUTING", "-i", nic, "-j", "RETURN");
        add("mangle", "OUTPUT", "-o", nic, "-j", "RETURN");
      }
    }
    for (String nic : settings.virtualInterfaces()) {
      insert("nat", "PREROUTING", 1, "-i", nic, "-j", "RETURN");
    }
  }

  private void invalid() {
    if (settings.dropInvalid()) {
      add("mangle", "PREROUTING", words("-m conntrack --ctstate INVALID -j " + DROP));
      add("mangle", DROP, "-j", "DROP");
    }
  }

  private void redirects() {
    add("nat", INBOUND, words("-p tcp --dport " + settings.tunnelPort() + " -j RETURN"));
    add("nat", REDIRECT, words("-p tcp -j REDIRECT --to-ports " + settings.outboundPort()));
    add("nat", IN_REDIRECT, words("-p tcp -j REDIRECT --to-ports " + settings.inboundPort()));
  }

  private void inbound() {
    if (settings.inbound().isEmpty()) {
      return;
    }
    boolean transparent = settings.mode() == Mode.TPROXY;
    String table = transparent ? "mangle" : "nat";
    if (transparent) {
      add("mangle", DIVERT, words("-j MARK --set-mark " + settings.mark()));
      add("mangle", DIVERT, "-j", "ACCEPT");
      add(
          "mangle",
          TPROXY,
          words(
              "! -d "
                  + loopback()
                  + " -p tcp -j TPROXY --tproxy-mark "
                  + settings.mark()
                  + "/0xffffffff --on-port "
                  + settings.inboundPort()));
    }
    add(table, "PREROUTING", "-p", "tcp", "-j", INBOUND);
    List<String> ports = settings.inbound();
    if (ports.equals(CaptureSettings.ALL)) {
      for (String port : settings.inboundExcluded()) {
        add(table, INBOUND, "-p", "tcp", "--dport", port, "-j", "RETURN");
      }
      inbound(table, "-p tcp");
    } else {
      ports.forEach(port -> inbound(table, "-p tcp --dport " + port));
    }
  }

  private void inbound(String table, String match) {
    if (settings.mode() == Mode.TPROXY) {
      // Packets of connections that the proxy has are led to it without asking once more.
      add(
          table,
          INBOUND,
          words(match + " -m conntrack --ctstate RELATED,ESTABLISHED -j " + DIVERT));
      add(table, INBOUND, words(match + " -j " + TPROXY));
    } else {
      add(table, INBOUND, words(match + " -j " + IN_REDIRECT));
    }
  }

  private void outbound() {
    add("nat", "OUTPUT", "-j", OUTPUT);
    for (String port : settings.outboundExcluded()) {
      add("nat", OUTPUT, "-p", "tcp", "--dport", port, "-j", "RETURN");
      add("nat", OUTPUT, "-p", "udp", "--dport", port, "-j", "RETURN");
    }
    add("nat", OUTPUT, "-o", "lo", "-s", passthrough(), "-j", "RETURN");
    boolean dns = asksForDns();
    for (String user : settings.users()) {
      proxyPasses(
          "--uid-owner " + user,
          dns
              ? "-m multiport ! --dports 53," + settings.tunnelPort()
              : "! --dport " + settings.tunnelPort());
    }
    for (String group : settings.groups()) {
      proxyPasses("--gid-owner " + group, "! --dport " + settings.tunnelPort());
    }
    groups();
    if (dns) {
      dns();
    }
    add("nat", OUTPUT, "-d", loopback(), "-j", "RETURN");
    for (String range : ofFamily(settings.rangesExcluded())) {
      add("nat", OUTPUT, "-d", range, "-j", "RETURN");
    }
    for (String port : settings.outbound()) {
      add("nat", OUTPUT, "-p", "tcp", "--dport", port, "-j", REDIRECT);
    }
    if (settings.ranges().equals(CaptureSettings.ALL)) {
      add("nat", OUTPUT, "-j", REDIRECT);
      for (String nic : settings.virtualInterfaces()) {
        insert("nat", "PREROUTING", 1, "-i", nic, "-j", REDIRECT);
      }
      return;
    }
    for (String range : ofFamily(settings.ranges())) {
      for (String nic : settings.virtualInterfaces()) {
        insert("nat", "PREROUTING", 1, "-i", nic, "-d", range, "-j", REDIRECT);
      }
      add("nat", OUTPUT, "-d", range, "-j", REDIRECT);
    }
  }

  private void proxyPasses(String owner, String ports) {
    // A workload that calls itself by its service still passes its own inbound side.
    add(
        "nat",
        OUTPUT,
        words(
            "-o lo ! -d "
                + loopback()
                + " -p tcp "
                + ports
                + " -m owner "
                + owner
                + " -j "
                + IN_REDIRECT));
    if (settings.ranges().stream().noneMatch(CaptureRules::isLoopback)) {
      // A resolver on loopback is asked through the DNS proxy all the same.
      add(
          "nat",
          OUTPUT,
          words(
              "-o lo"
                  + (asksForDns() ? " -p tcp ! --dport 53" : "")
                  + " -m owner ! "
                  + owner
                  + " -j RETURN"));
    }
    add("nat", OUTPUT, words("-m owner " + owner + " -j RETURN"));
  }

  private static boolean isLoopback(String range) {
    return range.startsWith("127.") || range.equals("::1/128");
  }

  private void groups() {
    for (String group : settings.groupsExcluded()) {
      add("nat", OUTPUT, words("-m owner --gid-owner " + group + " -j RETURN"));
    }
    if (!settings.onlyGroups().isEmpty()) {
      add(
          "nat",
          OUTPUT,
          words(
              settings.onlyGroups().stream()
                  .map(group -> "-m owner ! --gid-owner " + group + " ")
                  .collect(Collectors.joining("", "", "-j RETURN"))));
    }
  }

  private boolean asksForDns() {
    return !settings.dns().isEmpty();
  }

  private void dns() {
    List<String> to = new ArrayList<>();
    List<String> from = new ArrayList<>();
    if (settings.dns().equals(CaptureSettings.ALL)) {
      to.add("");
      from.add("");
    } else {
      for (String server : ofFamily(settings.dns())) {
        String range = server + (v6 ? "/128" : "/32");
        to.add(" -d " + range);
        from.add(" -s " + range);
      }
    }
    if (to.isEmpty()) {
      return;
    }
    add("nat", OUTPUT, "-j", OUTPUT_DNS);
    for (String protocol : List.of("tcp", "udp")) {
      for (String server : to) {
        add(
            "nat",
            OUTPUT_DNS,
            words(
                "-p " + protocol + " --dport 53" + server + " -j REDIRECT --to-ports " + DNS_PORT));
      }
    }
    // Queries of the proxy and of the application from one port to one resolver are two connections
    // to the kernel only if they are in two zones.
    add("raw", "OUTPUT", "-j", OUTPUT_DNS);
    add("raw", "PREROUTING", "-j", INBOUND);
    List<String> owners = new ArrayList<>();
    settings.users().forEach(user -> owners.add("--uid-owner " + user));
    settings.groups().forEach(group -> owners.add("--gid-owner " + group));
    for (String owner : owners) {
      add("raw", OUTPUT_DNS, words("-p udp --dport 53 -m owner " + owner + " -j CT --zone 1"));
      add(
          "raw",
          OUTPUT_DNS,
          words("-p udp --sport " + DNS_PORT + " -m owner " + owner + " -j CT --zone 2"));
    }
    to.forEach(
        server -> add("raw", OUTPUT_DNS, words("-p udp --dport 53" + server + " -j CT --zone 2")));
    from.forEach(
        server -> add("raw", INBOUND, words("-p udp --sport 53" + server + " -j CT --zone 1")));
  }

  private void transparent() {
    String mark = Integer.toString(settings.mark());
    add(
        "mangle",
        "PREROUTING",
        words("-p tcp -m mark --mark " + mark + " -j CONNMARK --save-mark"));
    add("mangle", "OUTPUT", words("-p tcp -o lo -m mark --mark " + mark + " -j RETURN"));
    List<String> owners = new ArrayList<>();
    settings.users().forEach(user -> owners.add("--uid-owner " + user));
    settings.groups().forEach(group -> owners.add("--gid-owner " + group));
    for (String owner : owners) {
      add(
          "mangle",
          "OUTPUT",
          words(
              "! -d "
                  + loopback()
                  + " -p tcp -o lo -m owner "
                  + owner
                  + " -j MARK --set-mark "
                  + OWN_MARK));
    }
    add(
        "mangle",
        "OUTPUT",
        words("-p tcp -m connmark --mark " + mark + " -j CONNMARK --restore-mark"));
    insert("mangle", INBOUND, 1, words("-p tcp -m mark --mark " + mark + " -j RETURN"));
    insert("mangle", INBOUND, 2, words("-p tcp -s " + passthrough() + " -i lo -j RETURN"));
    insert("mangle", INBOUND, 3, words("-p tcp -i lo -m mark ! --mark " + OWN_MARK + " -j RETURN"));
  }

  private static String[] words(String rule) {
    return rule.strip().split(" +");
  }
}
