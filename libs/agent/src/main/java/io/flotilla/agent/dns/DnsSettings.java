// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * What a DNS proxy is to do.
 *
 * @param addresses where it listens, by UDP and TCP
 * @param servers the resolvers, in order of preference
 * @param search the machine's search domains
 * @param namespace of the workload
 * @param domain of the mesh's Services, "svc.cluster.local"
 * @param parallel all resolvers are asked at once, in the place of one after another
 * @param timeout how long one of them may take
 * @param maxOutstanding queries that may wait for resolvers at a time
 */
public record DnsSettings(
    List<InetSocketAddress> addresses,
    List<InetSocketAddress> servers,
    List<String> search,
    String namespace,
    String domain,
    boolean parallel,
    Duration timeout,
    int maxOutstanding) {
  public DnsSettings {
    addresses = List.copyOf(addresses);
    servers = List.copyOf(servers);
    search = List.copyOf(search);
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("dns.timeoutMillis must be more than 0");
    }
    if (maxOutstanding < 1) {
      throw new IllegalArgumentException(
          "dns.maxOutstanding must be more than 0, but is " + maxOutstanding);
    }
  }
}
