// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

/** A virtual host's place: whose it is, in which route configuration. */
record VirtualHostKey(ScopedKey routes, String host) implements Comparable<VirtualHostKey> {
  @Override
  public int compareTo(VirtualHostKey other) {
    int byRoutes = routes.compareTo(other.routes);
    return byRoutes != 0 ? byRoutes : host.compareTo(other.host);
  }
}
