// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import io.flotilla.model.dns.NameTable;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table of names as it is asked, by the rules of Istio's agent: a Service answers to its full
 * name, to name.namespace and name.namespace.svc, and within its namespace to its name alone. A
 * name with the first search domain of the machine behind it is an alias of the name itself, which
 * saves clients the walk through the others. Wildcards count where no name does, the longest first.
 */
final class Names {
  private final Map<String, Addresses> names = new HashMap<>();
  private final String search;

  /** By family, in the form in which they are sent. */
  private record Addresses(List<byte[]> v4, List<byte[]> v6) {}

  /**
   * What was found.
   *
   * @param addresses of the kind that was asked for; may be none
   * @param alias whether the question is the name with the search domain behind it
   */
  record Found(List<byte[]> addresses, boolean alias) {}

  /**
   * @param namespace of the workload
   * @param domain "svc.cluster.local": Services elsewhere have no short forms
   * @param search the machine's search domains
   */
  Names(NameTable table, String namespace, String domain, List<String> search) {
    this.search = search.isEmpty() ? "" : "." + trimmed(search.getFirst());
    String service = domain.substring(0, Math.max(0, domain.indexOf('.')));
    Map<String, Addresses> others = new HashMap<>();
    table
        .names()
        .forEach(
            (host, name) -> {
              Addresses addresses = addresses(name.addresses());
              if (addresses == null) {
                return;
              }
              names.put(trimmed(host), addresses);
              if (name.kubernetes() && host.endsWith("." + domain)) {
                String short1 = name.shortName().toLowerCase(Locale.ROOT);
                String short2 = short1 + "." + name.namespace().toLowerCase(Locale.ROOT);
                others.putIfAbsent(short2, addresses);
                others.putIfAbsent(short2 + "." + service, addresses);
                if (name.namespace().equals(namespace)) {
                  others.putIfAbsent(short1, addresses);
                }
              }
            });
    // Whole names come before short forms of others.
    others.forEach(names::putIfAbsent);
  }

  private static String trimmed(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  private static @Nullable Addresses addresses(List<String> literals) {
    List<byte[]> v4 = new ArrayList<>();
    List<byte[]> v6 = new ArrayList<>();
    for (String literal : literals) {
      try {
        InetAddress address = InetAddress.ofLiteral(literal);
        (address instanceof Inet4Address ? v4 : v6).add(address.getAddress());
      } catch (IllegalArgumentException e) {
        // What is no address cannot be answered with; the others can.
        continue;
      }
    }
    return v4.isEmpty() && v6.isEmpty() ? null : new Addresses(v4, v6);
  }

  /** How many names there are, short forms included. */
  int size() {
    return names.size();
  }

  /**
   * What {@code name} stands for, or null where that is not for us to say.
   *
   * @param name in lower case
   */
  @Nullable Found find(String name, boolean v6) {
    Addresses exact = names.get(name);
    if (exact != null) {
      return found(exact, v6, false);
    }
    boolean searched =
        !search.isEmpty() && name.length() > search.length() && name.endsWith(search);
    String itself = searched ? name.substring(0, name.length() - search.length()) : name;
    if (searched) {
      Addresses meant = names.get(itself);
      if (meant != null) {
        return found(meant, v6, true);
      }
    }
    Addresses wild = wildcard(name);
    if (wild != null) {
      return found(wild, v6, false);
    }
    Addresses meant = searched ? wildcard(itself) : null;
    return meant == null ? null : found(meant, v6, true);
  }

  private static Found found(Addresses addresses, boolean v6, boolean alias) {
    return new Found(v6 ? addresses.v6() : addresses.v4(), alias);
  }

  private @Nullable Addresses wildcard(String name) {
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      Addresses found = names.get("*" + name.substring(dot));
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** How many labels the search domain has. */
  int searchLabels() {
    return (int) search.chars().filter(c -> c == '.').count();
  }
}
