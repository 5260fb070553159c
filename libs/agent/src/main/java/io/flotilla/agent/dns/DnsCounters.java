// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import io.flotilla.agent.dns.DnsQuery.Fault;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** What the DNS proxy counts: under the names of Istio's agent, and some of its own. */
final class DnsCounters {
  // As Istio's agent has them, in order.
  private static final double[] BUCKETS = {.001, .005, .01, .1, 1, 5};

  final LongAdder requests = new LongAdder();
  final LongAdder local = new LongAdder();
  final LongAdder upstream = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder mismatches = new LongAdder();
  private final Map<Fault, LongAdder> refused = new EnumMap<>(Fault.class);
  private final AtomicLongArray durations = new AtomicLongArray(BUCKETS.length + 1);
  private final LongAdder nanos = new LongAdder();

  DnsCounters() {
    for (Fault fault : Fault.values()) {
      refused.put(fault, new LongAdder());
    }
  }

  void refused(Fault fault) {
    refused.getOrDefault(fault, new LongAdder()).increment();
  }

  void took(long itsNanos) {
    nanos.add(itsNanos);
    double seconds = itsNanos / (double) TimeUnit.SECONDS.toNanos(1);
    int bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]) {
      bucket++;
    }
    durations.incrementAndGet(bucket);
  }

  /** In the Prometheus text format. */
  String text(int names) {
    StringBuilder out = new StringBuilder();
    counter(out, "dns_requests_total", "Queries that came.", requests);
    counter(out, "dns_upstream_requests_total", "Queries passed on to resolvers.", upstream);
    counter(out, "dns_upstream_failures_total", "Queries that no resolver answered.", failures);
    duration(out);
    counter(out, "flotilla_dns_answers_total", "Queries answered from the mesh's names.", local);
    counter(
        out,
        "flotilla_dns_mismatches_total",
        "Messages of resolvers that answer no question of ours.",
        mismatches);
    head(out, "flotilla_dns_refused_total", "Queries that were refused.", "counter");
    refused.forEach(
        (fault, count) ->
            out.append("flotilla_dns_refused_total{reason=\"")
                .append(fault.name().toLowerCase(Locale.ROOT))
                .append("\"} ")
                .append(count.sum())
                .append('\n'));
    head(out, "flotilla_dns_names", "Names that are known, short forms included.", "gauge");
    out.append("flotilla_dns_names ").append(names).append('\n');
    return out.toString();
  }

  private void duration(StringBuilder out) {
    String name = "dns_upstream_request_duration_seconds";
    head(out, name, "How long resolvers took.", "histogram");
    long sum = 0;
    for (int i = 0; i <= BUCKETS.length; i++) {
      sum += durations.get(i);
      out.append(name)
          .append("_bucket{le=\"")
          .append(i < BUCKETS.length ? Double.toString(BUCKETS[i]) : "+Inf")
          .append("\"} ")
          .append(sum)
          .append('\n');
    }
    out.append(name)
        .append("_sum ")
        .append(nanos.sum() / (double) TimeUnit.SECONDS.toNanos(1))
        .append('\n');
    out.append(name).append("_count ").append(sum).append('\n');
  }

  private static void counter(StringBuilder out, String name, String help, LongAdder value) {
    head(out, name, help, "counter");
    out.append(name).append(' ').append(value.sum()).append('\n');
  }

  private static void head(StringBuilder out, String name, String help, String type) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
