// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

/** A service's identity in the graph: two namespaces may declare the same host. */
public record ServiceKey(String host, String namespace) implements Comparable<ServiceKey> {
  @Override
  public int compareTo(ServiceKey other) {
    int byHost = host.compareTo(other.host);
    return byHost != 0 ? byHost : namespace.compareTo(other.namespace);
  }

  @Override
  public String toString() {
    return host + " in " + namespace;
  }
}
