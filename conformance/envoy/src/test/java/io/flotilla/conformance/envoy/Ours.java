// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.proxy.EngineConfig;
import io.flotilla.proxy.Overload;
import io.flotilla.proxy.ProxyEngine;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.proxy.metrics.Histogram;
import io.flotilla.proxy.metrics.StatScope;
import io.flotilla.proxy.metrics.StatSink;
import io.flotilla.telemetry.api.SpanSink;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Our side of a comparison. */
public final class Ours {
  private Ours() {}

  /** An engine as a sidecar's, which traces nothing. */
  public static ProxyEngine engine() {
    return new ProxyEngine(
        new EngineConfig(
            "ours",
            PeerIdentity.UNKNOWN,
            "sidecar~127.0.0.1~a.default~default.svc.cluster.local",
            false,
            SpanSink.none(),
            record -> {},
            false,
            Duration.ofSeconds(5),
            Overload.ofProcess()));
  }

  /** An engine's counters and gauges whose names hold a word, and that are not zero. */
  public static Map<String, Long> statistics(ProxyEngine engine, String word) {
    Map<String, Long> out = new TreeMap<>();
    engine.statistics(
        new StatSink() {
          @Override
          public void counter(StatScope scope, String leaf, long value) {
            String name = scope.prefix() + leaf;
            if (value != 0 && name.contains(word)) {
              out.put(name, value);
            }
          }

          @Override
          public void gauge(StatScope scope, String leaf, long value) {
            counter(scope, leaf, value);
          }

          @Override
          public void histogram(StatScope scope, String leaf, Histogram histogram) {}
        });
    return out;
  }

  /** What does the same with every request that passes the filters. */
  public static HttpConnectionManager always(
      String name, RouteAction action, List<HttpFilter> filters) {
    return HttpConnectionManager.of(
        name,
        new HttpConnectionManager.RouteSource.Inline(
            RouteConfiguration.of(
                name,
                List.of(
                    VirtualHost.of(
                        "all", List.of("*"), List.of(Route.of("ok", RouteMatch.ANY, action)))))),
        filters);
  }
}
