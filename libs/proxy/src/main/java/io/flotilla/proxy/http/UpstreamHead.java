// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.proxy.upstream.ClusterRuntime;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.rules.route.GrpcTimeout;
import io.flotilla.rules.route.RouteTable;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Duration;

/**
 * The head of a request as an upstream gets it: rewritten and edited as its route says, with what
 * proxies tell each other.
 */
final class UpstreamHead {
  private final Exchange exchange;
  private final ExchangeRecord record;
  private final RouteAction.Forward action;
  private final RouteTable.Match way;
  private final HeaderEdits clusterEdits;
  private final ClusterRuntime cluster;
  private final Timeouts timeouts;

  UpstreamHead(
      Exchange exchange,
      ExchangeRecord record,
      RouteAction.Forward action,
      RouteTable.Match way,
      HeaderEdits clusterEdits,
      ClusterRuntime cluster,
      Timeouts timeouts) {
    this.exchange = exchange;
    this.record = record;
    this.action = action;
    this.way = way;
    this.clusterEdits = clusterEdits;
    this.cluster = cluster;
    this.timeouts = timeouts;
  }

  /**
   * The head for one endpoint.
   *
   * @param attempt counts from 1
   * @param spent the time since the whole exchange's limit began to run
   */
  HttpRequest of(Host to, int attempt, Duration spent) {
    HttpRequest from = exchange.request();
    String path = way.rewrite().apply(exchange.pathAndQuery());
    HttpRequest out = new DefaultHttpRequest(HttpVersion.HTTP_1_1, from.method(), path);
    HttpHeaders headers = out.headers();
    String authority = exchange.authority();
    String host = host(to, authority);
    HeadRules.copyRequestHeaders(from.headers(), headers, host, exchange.wantsUpgrade());
    if (action.pathRewrite().isPresent()) {
      headers.set("x-envoy-original-path", exchange.pathAndQuery());
    }
    if (!host.equals(authority)) {
      headers.set("x-envoy-original-host", authority);
    }
    tellTimeouts(headers, spent);
    record.requestHeadersUpstream(
        headers, attempt, way.host().includeRequestAttemptCount(), isOfMesh(to));
    edit(out);
    return out;
  }

  /** The head for a copy that goes to an endpoint of another cluster. */
  HttpRequest mirrored(Host to, boolean marked) {
    HttpRequest head = of(to, 1, Duration.ZERO);
    if (action.hostRewrite() instanceof HostRewrite.Auto) {
      // An endpoint's name is that endpoint's alone.
      head.headers().set(HttpHeaderNames.HOST, exchange.authority());
      head.headers().remove("x-envoy-original-host");
    }
    head.headers().set("x-envoy-internal", "true");
    if (!timeouts.whole().isZero()) {
      head.headers()
          .set("x-envoy-expected-rq-timeout-ms", Long.toString(timeouts.whole().toMillis()));
    }
    if (marked) {
      MirrorCopy.markAsShadow(head.headers());
    }
    return head;
  }

  /** The headers as the routes edit them, also where no endpoint is there to take them. */
  HttpHeaders edited() {
    HttpRequest head = exchange.request();
    HttpRequest copy =
        new DefaultHttpRequest(
            HttpVersion.HTTP_1_1, head.method(), exchange.pathAndQuery(), head.headers().copy());
    edit(copy);
    return copy.headers();
  }

  private void tellTimeouts(HttpHeaders headers, Duration spent) {
    boolean clientsOwn = HeadRules.isClientsOwn(action);
    long whole = timeouts.whole().toMillis();
    long expected = timeouts.perTry().toMillis();
    if (expected == 0 && whole > 0 && !clientsOwn) {
      expected = Math.max(1, whole - spent.toMillis());
    }
    if (expected > 0) {
      headers.set("x-envoy-expected-rq-timeout-ms", Long.toString(expected));
    }
    long deadline = clientsOwn ? whole : expected;
    if (deadline > 0 && action.maxGrpcTimeout().isPresent() && RouteTable.isGrpc(exchange)) {
      headers.set("grpc-timeout", GrpcTimeout.format(Duration.ofMillis(deadline)));
    }
  }

  private void edit(HttpRequest out) {
    record.sent(out);
    HeadRules.editRequest(out.headers(), clusterEdits, record);
    HeadRules.editRequest(out.headers(), way.route().headerEdits(), record);
    HeadRules.editRequest(out.headers(), way.host().headerEdits(), record);
    RouteTable table = exchange.routes();
    if (table != null) {
      HeadRules.editRequest(out.headers(), table.configuration().headerEdits(), record);
    }
  }

  // Who we are is nothing for those outside of the mesh to know.
  private boolean isOfMesh(Host to) {
    return to.endpoint().workload().isPresent()
        || cluster
            .tls(to)
            .filter(
                t -> t.common().certificate().filter(CertificateRef.WORKLOAD::equals).isPresent())
            .isPresent();
  }

  private String host(Host to, String authority) {
    return switch (action.hostRewrite()) {
      case HostRewrite.Keep k -> authority;
      case HostRewrite.Literal l -> l.host();
      case HostRewrite.Auto a ->
          to.endpoint().hostname().isEmpty() ? authority : to.endpoint().hostname();
    };
  }
}
