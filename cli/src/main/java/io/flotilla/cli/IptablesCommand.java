// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import static io.flotilla.cli.capture.CaptureSettings.list;

import io.flotilla.cli.capture.CaptureKernel;
import io.flotilla.cli.capture.CaptureRules;
import io.flotilla.cli.capture.CaptureRules.Family;
import io.flotilla.cli.capture.CaptureSettings;
import io.flotilla.cli.capture.CaptureSettings.Mode;
import io.flotilla.cli.mesh.MeshException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes the rules of interception, with the options and environment of istio-iptables. */
@Command(
    name = "iptables",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the iptables rules that hand a workload's traffic to its sidecar, as Istio's"
          + " init container does. Without --apply or --cleanup it prints what iptables-restore and"
          + " ip6tables-restore read."
    })
final class IptablesCommand implements Callable<Integer> {
  private static final String ALL = "*";

  @Option(
      names = {"-p", "--envoy-port"},
      defaultValue = "${env:ENVOY_PORT:-15001}",
      description = "Where outbound connections go (${DEFAULT-VALUE}).")
  int outboundPort;

  @Option(
      names = {"-z", "--inbound-capture-port"},
      defaultValue = "${env:INBOUND_CAPTURE_PORT:-15006}",
      description = "Where inbound connections go (${DEFAULT-VALUE}).")
  int inboundPort;

  @Option(
      names = {"-e", "--inbound-tunnel-port"},
      defaultValue = "${env:INBOUND_TUNNEL_PORT:-15008}",
      description = "A port that is reached directly (${DEFAULT-VALUE}).")
  int tunnelPort;

  @Option(
      names = {"-u", "--proxy-uid"},
      defaultValue = "${env:PROXY_UID:-1337}",
      description = "Users whose traffic passes, by number (${DEFAULT-VALUE}).")
  String users = "";

  @Option(
      names = {"-g", "--proxy-gid"},
      defaultValue = "${env:PROXY_GID:-}",
      description = "Groups whose traffic passes, by number (as -u).")
  String groups = "";

  @Option(
      names = {"-m", "--istio-inbound-interception-mode"},
      defaultValue = "${env:ISTIO_INBOUND_INTERCEPTION_MODE:-REDIRECT}",
      description = "REDIRECT, or TPROXY, which keeps the source (${DEFAULT-VALUE}).")
  String mode = "";

  @Option(
      names = {"-b", "--istio-inbound-ports"},
      defaultValue = "${env:ISTIO_INBOUND_PORTS:-*}",
      description = "Inbound ports that are taken; *: all; empty: none (${DEFAULT-VALUE}).")
  String inbound = "";

  @Option(
      names = {"-d", "--istio-local-exclude-ports"},
      defaultValue = "${env:ISTIO_LOCAL_EXCLUDE_PORTS:-15090,15021,15020}",
      description = "Inbound ports that are not, of all (${DEFAULT-VALUE}).")
  String inboundExcluded = "";

  @Option(
      names = {"-i", "--istio-service-cidr"},
      defaultValue = "${env:ISTIO_SERVICE_CIDR:-*}",
      description =
          "Destinations that are taken, as ranges; *: all; empty: none (${DEFAULT-VALUE}).")
  String ranges = "";

  @Option(
      names = {"-x", "--istio-service-exclude-cidr"},
      defaultValue = "${env:ISTIO_SERVICE_EXCLUDE_CIDR:-}",
      description = "Destinations that are not.")
  String rangesExcluded = "";

  @Option(
      names = {"-q", "--istio-outbound-ports"},
      defaultValue = "${env:ISTIO_OUTBOUND_PORTS:-}",
      description = "Outbound ports that are taken whatever -i says.")
  String outbound = "";

  @Option(
      names = {"-o", "--istio-local-outbound-ports-exclude"},
      defaultValue = "${env:ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE:-}",
      description = "Outbound ports that are not taken.")
  String outboundExcluded = "";

  @Option(
      names = {"-k", "--kube-virt-interfaces"},
      defaultValue = "${env:KUBE_VIRT_INTERFACES:-}",
      description = "Interfaces from which all that comes is outbound.")
  String virtualInterfaces = "";

  @Option(
      names = {"-c", "--istio-exclude-interfaces"},
      defaultValue = "${env:ISTIO_EXCLUDE_INTERFACES:-}",
      description = "Interfaces of which nothing is taken.")
  String interfacesExcluded = "";

  @Option(
      names = {"-t", "--istio-inbound-tproxy-mark"},
      defaultValue = "${env:ISTIO_INBOUND_TPROXY_MARK:-1337}",
      description = "The mark of packets to the proxy, with TPROXY (${DEFAULT-VALUE}).")
  int mark;

  @Option(
      names = {"-r", "--istio-inbound-tproxy-route-table"},
      defaultValue = "${env:ISTIO_INBOUND_TPROXY_ROUTE_TABLE:-133}",
      description = "The route table of such packets (${DEFAULT-VALUE}).")
  int routeTable;

  @Option(
      names = "--istio-outbound-owner-groups",
      defaultValue = "${env:ISTIO_OUTBOUND_OWNER_GROUPS:-*}",
      description = "Only the traffic of these groups is taken (${DEFAULT-VALUE}).")
  String onlyGroups = "";

  @Option(
      names = "--istio-outbound-owner-groups-exclude",
      defaultValue = "${env:ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE:-}",
      description = "The traffic of these groups is not.")
  String groupsExcluded = "";

  @Option(
      names = "--redirect-dns",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "${env:ISTIO_META_DNS_CAPTURE:-false}",
      description = "Queries to the resolvers of /etc/resolv.conf go to port 15053.")
  boolean dns;

  @Option(
      names = "--capture-all-dns",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "${env:CAPTURE_ALL_DNS:-false}",
      description = "With --redirect-dns: queries to any resolver.")
  boolean allDns;

  @Option(
      names = "--drop-invalid",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "${env:INVALID_DROP:-false}",
      description = "Drop packets of no connection.")
  boolean dropInvalid;

  @Option(
      names = "--dual-stack",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "${env:ISTIO_DUAL_STACK:-false}",
      description = "Apply the rules of IPv6 even where there is no address of it yet.")
  boolean dualStack;

  @Option(
      names = "--annotation",
      paramLabel = "KEY=VALUE",
      description =
          "An annotation of the pod; those of traffic.sidecar.istio.io come before the options.")
  Map<String, String> annotations = new LinkedHashMap<>();

  @Option(
      names = "--network-namespace",
      paramLabel = "PATH",
      defaultValue = "${env:NETWORK_NAMESPACE:-}",
      description = "Whose rules they are, as a CNI plugin says: /var/run/netns/NAME.")
  String namespace = "";

  @Option(
      names = {"-n", "--dry-run"},
      description = "Print, whatever else is said.")
  boolean dryRun;

  @Option(names = "--apply", description = "Put the rules in force, in the place of older ones.")
  boolean apply;

  @Option(names = "--cleanup", description = "Take the rules away.")
  boolean cleanup;

  @Override
  public Integer call() throws IOException {
    CaptureSettings settings = settings();
    if (dryRun || !(apply || cleanup)) {
      System.out.print("# iptables-restore --noflush\n");
      System.out.print(new CaptureRules(settings, Family.V4).text());
      System.out.print("# ip6tables-restore --noflush\n");
      System.out.print(new CaptureRules(settings, Family.V6).text());
      return 0;
    }
    if (apply && cleanup) {
      throw new MeshException("--apply and --cleanup are two wishes; say one of them.");
    }
    CaptureKernel kernel =
        namespace.isEmpty() ? CaptureKernel.HERE : CaptureKernel.of(checked(namespace));
    if (cleanup) {
      kernel.clean(settings, true);
    } else {
      kernel.apply(settings, dualStack || kernel.hasV6());
    }
    return 0;
  }

  private static String checked(String path) {
    if (!Files.exists(Path.of(path))) {
      throw new MeshException(
          "--network-namespace must name a namespace's file, but there is no " + path + ".");
    }
    return path;
  }

  private CaptureSettings settings() throws IOException {
    try {
      return new CaptureSettings(
              mode(),
              outboundPort,
              inboundPort,
              tunnelPort,
              list(users),
              list(groups.isBlank() ? users : groups),
              list(inbound),
              list(inboundExcluded),
              list(ranges),
              list(rangesExcluded),
              list(outbound),
              list(outboundExcluded),
              list(virtualInterfaces),
              list(interfacesExcluded),
              list(onlyGroups),
              list(groupsExcluded),
              resolvers(),
              mark,
              routeTable,
              dropInvalid)
          .with(annotations);
    } catch (IllegalArgumentException e) {
      throw new MeshException(e.getMessage() + ".", e);
    }
  }

  private Mode mode() {
    return Arrays.stream(Mode.values())
        .filter(m -> m.name().equals(mode))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the mode must be REDIRECT or TPROXY, but is '" + mode + "'"));
  }

  private List<String> resolvers() throws IOException {
    if (!dns) {
      return List.of();
    }
    if (allDns) {
      return List.of(ALL);
    }
    List<String> servers =
        Files.readAllLines(Path.of("/etc/resolv.conf")).stream()
            .map(line -> line.strip().split("\\s+"))
            .filter(words -> words.length > 1 && words[0].equals("nameserver"))
            .map(words -> words[1])
            .toList();
    if (servers.isEmpty()) {
      throw new MeshException(
          "--redirect-dns finds no nameserver in /etc/resolv.conf; say --capture-all-dns.");
    }
    return servers;
  }
}
