// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.capture;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What of a workload's traffic its proxy gets, in the terms of istio-iptables and of the
 * annotations traffic.sidecar.istio.io. All values are validated: they end up as words of iptables
 * rules.
 *
 * @param mode how inbound connections are taken
 * @param outboundPort where outbound connections arrive (15001)
 * @param inboundPort where inbound connections arrive (15006)
 * @param tunnelPort reached directly (15008)
 * @param users numeric ids of users whose traffic passes
 * @param groups numeric ids of groups whose traffic passes
 * @param inbound ports that are taken, or {@link #ALL}
 * @param inboundExcluded of all ports these are not
 * @param ranges destinations that are taken, or {@link #ALL}
 * @param rangesExcluded these are not
 * @param outbound ports that are taken whatever {@code ranges} says
 * @param outboundExcluded ports that are not taken
 * @param virtualInterfaces what comes in from them (from virtual machines) is outbound
 * @param interfacesExcluded nothing of them is taken
 * @param onlyGroups only the traffic of these groups is taken; empty: of all
 * @param groupsExcluded their traffic is not taken
 * @param dns queries to these resolvers go to the DNS proxy; {@link #ALL}: to any
 * @param mark of packets on their way to the proxy, with TPROXY
 * @param routeTable that leads such packets to it
 * @param dropInvalid packets of no connection are dropped, in the place of resetting it
 */
public record CaptureSettings(
    Mode mode,
    int outboundPort,
    int inboundPort,
    int tunnelPort,
    List<String> users,
    List<String> groups,
    List<String> inbound,
    List<String> inboundExcluded,
    List<String> ranges,
    List<String> rangesExcluded,
    List<String> outbound,
    List<String> outboundExcluded,
    List<String> virtualInterfaces,
    List<String> interfacesExcluded,
    List<String> onlyGroups,
    List<String> groupsExcluded,
    List<String> dns,
    int mark,
    int routeTable,
    boolean dropInvalid) {
  /** Everything. */
  public static final List<String> ALL = List.of("*");

  private static final String PREFIX = "traffic.sidecar.istio.io/";
  private static final Pattern INTERFACE = Pattern.compile("[A-Za-z0-9_.:@-]{1,15}\\+?");
  private static final int MAX_ID = Integer.MAX_VALUE;
  private static final int MAX_PORT = 65_535;

  /** How inbound connections are taken. */
  public enum Mode {
    /** Their destination is rewritten; the proxy asks the kernel for the original one. */
    REDIRECT,
    /** They keep both of their addresses. */
    TPROXY
  }

  /** What Istio's injection asks for where nothing else is said. */
  public static final CaptureSettings ISTIO =
      new CaptureSettings(
          Mode.REDIRECT,
          15001,
          15006,
          15008,
          List.of("1337"),
          List.of("1337"),
          ALL,
          List.of("15090", "15021", "15020"),
          ALL,
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          1337,
          133,
          false);

  public CaptureSettings {
    port(outboundPort, "the port of outbound connections");
    port(inboundPort, "the port of inbound connections");
    port(tunnelPort, "the port of tunnels");
    users = numbers(users, 0, MAX_ID, "user ids of the proxy");
    groups = numbers(groups, 0, MAX_ID, "group ids of the proxy");
    inbound = orAll(inbound) ? ALL : numbers(inbound, 1, MAX_PORT, "inbound ports");
    inboundExcluded = numbers(inboundExcluded, 1, MAX_PORT, "excluded inbound ports");
    ranges = orAll(ranges) ? ALL : ranges(ranges, "ranges");
    rangesExcluded = ranges(rangesExcluded, "excluded ranges");
    outbound = numbers(outbound, 1, MAX_PORT, "outbound ports");
    outboundExcluded = numbers(outboundExcluded, 1, MAX_PORT, "excluded outbound ports");
    virtualInterfaces = interfaces(virtualInterfaces);
    interfacesExcluded = interfaces(interfacesExcluded);
    onlyGroups = orAll(onlyGroups) ? List.of() : numbers(onlyGroups, 0, MAX_ID, "owner groups");
    groupsExcluded = numbers(groupsExcluded, 0, MAX_ID, "excluded owner groups");
    dns = orAll(dns) ? ALL : dns.stream().map(CaptureSettings::literal).toList();
    if (mark < 1 || routeTable < 1) {
      throw new IllegalArgumentException(
          "the mark and the route table of TPROXY must be more than 0, but are "
              + mark
              + " and "
              + routeTable);
    }
    if (!onlyGroups.isEmpty() && !groupsExcluded.isEmpty()) {
      throw new IllegalArgumentException("owner groups can be included or excluded, but not both");
    }
  }

  private static boolean orAll(List<String> values) {
    return values.equals(ALL);
  }

  private static void port(int port, String what) {
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException(what + " must be 1 to " + MAX_PORT + ", but is " + port);
    }
  }

  private static List<String> numbers(List<String> values, int least, int most, String what) {
    for (String value : values) {
      if (!value.matches("\\d{1,10}")
          || Long.parseLong(value) < least
          || Long.parseLong(value) > most) {
        throw new IllegalArgumentException(
            what
                + " must be numbers from "
                + least
                + " to "
                + most
                + ", but one is '"
                + value
                + "'");
      }
    }
    return List.copyOf(values);
  }

  private static List<String> ranges(List<String> values, String what) {
    List<String> out = new ArrayList<>();
    for (String value : values) {
      String[] parts = value.split("/", -1);
      try {
        InetAddress address = InetAddress.ofLiteral(parts[0]);
        int bits = address instanceof Inet4Address ? 32 : 128;
        int length = parts.length == 1 ? bits : Integer.parseInt(parts[1]);
        if (parts.length > 2 || length < 0 || length > bits) {
          throw new IllegalArgumentException("the length does not fit");
        }
        out.add(address.getHostAddress() + "/" + length);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            what + " must be IP ranges such as 10.0.0.0/8, but one is '" + value + "'", e);
      }
    }
    return List.copyOf(out);
  }

  private static List<String> interfaces(List<String> values) {
    for (String value : values) {
      if (!INTERFACE.matcher(value).matches() || value.startsWith("-")) {
        throw new IllegalArgumentException("'" + value + "' is no name of a network interface");
      }
    }
    return List.copyOf(values);
  }

  private static String literal(String value) {
    try {
      return InetAddress.ofLiteral(value).getHostAddress();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "resolvers must be IP addresses, but one is '" + value + "'", e);
    }
  }

  /** The parts of "a,b,c"; empty ones are left out. */
  public static List<String> list(String text) {
    return Arrays.stream(text.split(",")).map(String::strip).filter(p -> !p.isEmpty()).toList();
  }

  /**
   * With what the annotations of a pod say; others than those of traffic.sidecar.istio.io are
   * passed over.
   *
   * @throws IllegalArgumentException naming one of those that is not known, or its value
   */
  public CaptureSettings with(Map<String, String> annotations) {
    CaptureSettings out = this;
    for (Map.Entry<String, String> each : annotations.entrySet()) {
      if (each.getKey().startsWith(PREFIX)) {
        try {
          out = out.with(each.getKey().substring(PREFIX.length()), list(each.getValue()));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(each.getKey() + ": " + e.getMessage(), e);
        }
      }
    }
    return out;
  }

  private CaptureSettings with(String annotation, List<String> value) {
    Change change = new Change(this);
    switch (annotation) {
      case "includeInboundPorts" -> change.inbound = value;
      case "excludeInboundPorts" ->
          change.inboundExcluded =
              Stream.concat(inboundExcluded.stream(), value.stream()).distinct().toList();
      case "includeOutboundPorts" -> change.outbound = value;
      case "excludeOutboundPorts" -> change.outboundExcluded = value;
      case "includeOutboundIPRanges" -> change.ranges = value;
      case "excludeOutboundIPRanges" -> change.rangesExcluded = value;
      case "kubevirtInterfaces" -> change.virtualInterfaces = value;
      case "excludeInterfaces" -> change.interfacesExcluded = value;
      default -> throw new IllegalArgumentException("there is no such annotation");
    }
    return change.settings();
  }

  /** These settings, of which some parts are to be others. */
  private static final class Change {
    private final CaptureSettings of;
    private List<String> inbound;
    private List<String> inboundExcluded;
    private List<String> ranges;
    private List<String> rangesExcluded;
    private List<String> outbound;
    private List<String> outboundExcluded;
    private List<String> virtualInterfaces;
    private List<String> interfacesExcluded;
    private List<String> dns;

    Change(CaptureSettings of) {
      this.of = of;
      this.inbound = of.inbound;
      this.inboundExcluded = of.inboundExcluded;
      this.ranges = of.ranges;
      this.rangesExcluded = of.rangesExcluded;
      this.outbound = of.outbound;
      this.outboundExcluded = of.outboundExcluded;
      this.virtualInterfaces = of.virtualInterfaces;
      this.interfacesExcluded = of.interfacesExcluded;
      this.dns = of.dns;
    }

    CaptureSettings settings() {
      return new CaptureSettings(
          of.mode,
          of.outboundPort,
          of.inboundPort,
          of.tunnelPort,
          of.users,
          of.groups,
          inbound,
          inboundExcluded,
          ranges,
          rangesExcluded,
          outbound,
          outboundExcluded,
          virtualInterfaces,
          interfacesExcluded,
          of.onlyGroups,
          of.groupsExcluded,
          dns,
          of.mark,
          of.routeTable,
          of.dropInvalid);
    }
  }

  /** With other inbound ports that are reached directly. */
  public CaptureSettings excludingInbound(List<String> ports) {
    Change change = new Change(this);
    change.inboundExcluded = ports;
    return change.settings();
  }

  /** With queries to these resolvers taken. */
  public CaptureSettings resolving(List<String> resolvers) {
    Change change = new Change(this);
    change.dns = resolvers;
    return change.settings();
  }

  /** The same in another mode. */
  public CaptureSettings in(Mode other) {
    return new CaptureSettings(
        other,
        outboundPort,
        inboundPort,
        tunnelPort,
        users,
        groups,
        inbound,
        inboundExcluded,
        ranges,
        rangesExcluded,
        outbound,
        outboundExcluded,
        virtualInterfaces,
        interfacesExcluded,
        onlyGroups,
        groupsExcluded,
        dns,
        mark,
        routeTable,
        dropInvalid);
  }
}
