// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.Checks;
import io.flotilla.model.address.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A place where connections arrive (Envoy: config.listener.v3.Listener).
 *
 * @param address also the key by which captured connections find a listener that is not bound
 * @param bindToPort false: reached only from a listener that hands connections over by their
 *     original destination
 * @param useOriginalDestination connections are handed to the listener of their original
 *     destination, or to "0.0.0.0_port", or stay here
 * @param inspectors what is looked at before a filter chain is chosen
 * @param inspectionTimeout zero: none
 * @param continueOnInspectionTimeout serve what is known by then instead of closing
 * @param filterChains names are distinct
 * @param defaultFilterChain for connections that fit none
 * @param accessLogs connections that no chain took
 * @param internal reached only from clusters of the proxy itself, by {@link
 *     io.flotilla.model.address.InternalAddress}; the address is {@link #NOWHERE}
 */
public record Listener(
    String name,
    SocketAddress address,
    List<SocketAddress> additionalAddresses,
    boolean bindToPort,
    TrafficDirection direction,
    boolean useOriginalDestination,
    boolean transparent,
    Set<Inspector> inspectors,
    Duration inspectionTimeout,
    boolean continueOnInspectionTimeout,
    List<FilterChain> filterChains,
    Optional<FilterChain> defaultFilterChain,
    List<AccessLog> accessLogs,
    boolean internal) {
  /** The address of what has none. */
  public static final SocketAddress NOWHERE = new SocketAddress("0.0.0.0", 0);

  public Listener {
    Checks.notEmpty(name, "name of a listener");
    Checks.require(
        !internal || !bindToPort && address.equals(NOWHERE),
        "internal listener " + name + " must not have an address");
    additionalAddresses = List.copyOf(additionalAddresses);
    inspectors = Set.copyOf(inspectors);
    filterChains = List.copyOf(filterChains);
    accessLogs = List.copyOf(accessLogs);
    Checks.require(
        !filterChains.isEmpty() || defaultFilterChain.isPresent(),
        "listener " + name + " needs at least one filter chain");
  }

  /** One that sockets reach. */
  public Listener(
      String name,
      SocketAddress address,
      List<SocketAddress> additionalAddresses,
      boolean bindToPort,
      TrafficDirection direction,
      boolean useOriginalDestination,
      boolean transparent,
      Set<Inspector> inspectors,
      Duration inspectionTimeout,
      boolean continueOnInspectionTimeout,
      List<FilterChain> filterChains,
      Optional<FilterChain> defaultFilterChain,
      List<AccessLog> accessLogs) {
    this(
        name,
        address,
        additionalAddresses,
        bindToPort,
        direction,
        useOriginalDestination,
        transparent,
        inspectors,
        inspectionTimeout,
        continueOnInspectionTimeout,
        filterChains,
        defaultFilterChain,
        accessLogs,
        false);
  }

  /** Reached from clusters of the proxy itself. */
  public static Listener internal(
      String name,
      TrafficDirection direction,
      Set<Inspector> inspectors,
      List<FilterChain> filterChains,
      List<AccessLog> accessLogs) {
    return new Listener(
        name,
        NOWHERE,
        List.of(),
        false,
        direction,
        false,
        false,
        inspectors,
        Duration.ZERO,
        true,
        filterChains,
        Optional.empty(),
        accessLogs,
        true);
  }

  /** Bound, with one chain for everything. */
  public static Listener of(
      String name, SocketAddress address, TrafficDirection direction, FilterChain chain) {
    return new Listener(
        name,
        address,
        List.of(),
        true,
        direction,
        false,
        false,
        Set.of(),
        Duration.ZERO,
        true,
        List.of(chain),
        Optional.empty(),
        List.of());
  }

  /** What its statistics are named by, "ip:port". */
  public String statName() {
    return internal ? "envoy_internal_" + name : address.toString();
  }

  /** Which way traffic flows, seen from the workload. */
  public enum TrafficDirection {
    UNSPECIFIED,
    INBOUND,
    OUTBOUND
  }

  /** Looks at the first bytes or the socket. */
  public enum Inspector {
    ORIGINAL_DESTINATION,
    TLS,
    HTTP,
    PROXY_PROTOCOL
  }
}
