// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.Tracing;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.proxy.api.RequestRecord;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.log.LogSource;
import io.flotilla.proxy.metrics.HttpStat;
import io.flotilla.proxy.metrics.HttpStats;
import io.flotilla.proxy.metrics.PeerHeaders;
import io.flotilla.proxy.trace.TraceContext;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.rules.route.RouteTable;
import io.flotilla.telemetry.api.Span;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is noted of one exchange while it runs; at its end it becomes metrics, a span, a record. */
final class ExchangeRecord implements LogSource {
  private static final int MILLION = 1_000_000;

  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private final boolean http2;
  private final boolean peerMetadata;
  private final boolean stats;
  private final HttpStats counts;
  private final long startNanos = System.nanoTime();
  private final long startEpochNanos;
  private final Set<FailureCause> failures = EnumSet.noneOf(FailureCause.class);

  private String method = "";
  private String authority = "";
  private String path = "";
  private String userAgent = "";
  private String requestId = "";
  private String scheme = "http";
  private RouteTable.@Nullable Match match;
  private String cluster = "";
  private @Nullable Cluster clusterModel;
  private @Nullable Host host;
  private int attempts;
  private int status;
  private int grpcStatus = -1;
  private boolean grpc;
  private long requestBytes;
  private long responseBytes;
  private boolean upstreamAnswered;
  private boolean upstreamKeepAlive = true;
  private String upstreamError = "";
  private String details = "";
  private PeerIdentity otherPeer = PeerIdentity.UNKNOWN;
  private boolean peerKnown;
  private @Nullable TraceContext parent;
  private @Nullable TraceContext span;
  private @Nullable HttpRequest requestHead;
  private @Nullable String sentTarget;
  private @Nullable HttpHeaders responseHead;
  private @Nullable HttpHeaders trailers;

  ExchangeRecord(
      EngineState engine, Downstream downstream, HttpConnectionManager manager, boolean http2) {
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
    this.http2 = http2;
    this.counts = engine.statistics().http(manager.statPrefix());
    counts.began(http2);
    Instant now = Instant.now();
    this.startEpochNanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    boolean metadata = false;
    boolean counted = false;
    for (HttpFilter filter : manager.filters()) {
      metadata |= filter instanceof HttpFilter.PeerMetadata;
      counted |= filter instanceof HttpFilter.Stats;
    }
    this.peerMetadata = metadata;
    this.stats = counted;
  }

  private boolean inbound() {
    return downstream.listener().direction() == TrafficDirection.INBOUND
        && !engine.config().gateway();
  }

  void request(HttpRequest head) {
    requestHead = head;
    method = head.method().name();
    userAgent = head.headers().get("user-agent", "");
    String type = head.headers().get("content-type");
    grpc = type != null && type.startsWith("application/grpc");
  }

  void target(String itsAuthority, String itsPath) {
    authority = itsAuthority;
    path = itsPath;
  }

  String requestId() {
    return requestId;
  }

  void requestId(String id) {
    requestId = id;
  }

  String forwardedScheme() {
    return scheme;
  }

  /** Learns from, and takes away, what a peer says of itself. */
  void peerFromRequest(HttpHeaders headers) {
    String forwarded = headers.get("x-forwarded-proto");
    if ("https".equals(forwarded)) {
      scheme = "https";
    }
    if (!peerMetadata) {
      return;
    }
    if (inbound()) {
      String metadata = headers.get(PeerHeaders.METADATA);
      if (metadata != null) {
        engine.peers().said(metadata).ifPresent(this::peer);
      }
    }
    Exchange.removePeerHeaders(headers);
  }

  private void peer(PeerIdentity identity) {
    otherPeer = identity;
    peerKnown = true;
  }

  void trace(HttpHeaders headers) {
    Tracing tracing = manager.tracing().orElse(null);
    if (tracing == null) {
      return;
    }
    parent = TraceContext.extract(headers).orElse(null);
    boolean sampled =
        ThreadLocalRandom.current().nextInt(MILLION) < tracing.randomSampling().partsPerMillion();
    span = TraceContext.child(parent, sampled);
  }

  void count(HttpStat what) {
    counts.add(what);
  }

  void count(String stat) {
    counts.count(stat);
  }

  void route(RouteTable.Match itsMatch) {
    match = itsMatch;
  }

  void cluster(String name) {
    cluster = name;
  }

  void clusterModel(Cluster model) {
    clusterModel = model;
  }

  void host(Host itsHost) {
    host = itsHost;
  }

  void attempts(int soFar) {
    attempts = soFar;
  }

  void requestBytes(int n) {
    requestBytes += n;
  }

  void responseBytes(int n) {
    responseBytes += n;
  }

  void upstreamError(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    upstreamError = String.valueOf(root.getMessage());
  }

  void details(String itsDetails) {
    details = itsDetails;
  }

  void add(FailureCause cause) {
    failures.add(cause);
  }

  /** The cause's sentence with what is known of this case. */
  String sentence(FailureCause cause) {
    return switch (cause) {
      // Why it failed is for the log: it tells of networks and certificates.
      case CONNECT_FAILED -> disconnected("remote connection failure");
      case UPSTREAM_RESET -> disconnected("connection termination");
      // Who may not know our routes may not know our clusters either.
      case NO_ROUTE, NO_CLUSTER -> "";
      default -> cause.sentence();
    };
  }

  private String disconnected(String reason) {
    return "upstream connect error or disconnect/reset before headers. "
        + (attempts > 1 ? "retried and the latest reset reason: " : "reset reason: ")
        + reason;
  }

  /** What the upstream is told beside the client's own headers. */
  void requestHeadersUpstream(
      HttpHeaders headers, int attempt, boolean tellAttempt, boolean ofMesh) {
    if (span != null) {
      span.inject(headers);
    }
    if (peerMetadata && ofMesh && !inbound()) {
      headers.set(PeerHeaders.METADATA, engine.peerHeader());
      headers.set(PeerHeaders.ID, engine.config().nodeId());
    }
    if (tellAttempt) {
      headers.set("x-envoy-attempt-count", Integer.toString(attempt));
    }
  }

  void answer(HttpResponse response) {
    status = response.status().code();
    upstreamAnswered = true;
    upstreamKeepAlive = HttpUtil.isKeepAlive(response);
    String code = response.headers().get("grpc-status");
    if (code != null) {
      grpcStatus = HeadRules.number(code);
    }
    if (peerMetadata && !inbound()) {
      String metadata = response.headers().get(PeerHeaders.METADATA);
      if (metadata != null) {
        engine.peers().said(metadata).ifPresent(this::peer);
      }
    }
  }

  void localAnswer(int itsStatus) {
    status = itsStatus;
  }

  void grpcStatus(int code) {
    grpcStatus = code;
  }

  int status() {
    return status;
  }

  boolean upstreamKeepsAlive() {
    return upstreamKeepAlive;
  }

  /** The last changes to an answer's head. */
  void responseHeaders(HttpHeaders headers, long upstreamMillis) {
    if (peerMetadata) {
      Exchange.removePeerHeaders(headers);
      if (inbound()) {
        // Only a peer gets to know who we are, and only if it said who it is.
        if (peerKnown) {
          headers.set(PeerHeaders.METADATA, engine.peerHeader());
          headers.set(PeerHeaders.ID, engine.config().nodeId());
        }
      }
    }
    if (!manager.serverName().isEmpty()) {
      headers.set("server", manager.serverName());
    }
    if (upstreamAnswered) {
      headers.set("x-envoy-upstream-service-time", Long.toString(upstreamMillis));
    }
  }

  void reasonHeader(HttpHeaders headers) {
    if (engine.config().reasonsToPeers() && downstream.peer().isPresent() && !failures.isEmpty()) {
      String sentence = failures.iterator().next().sentence();
      headers.set(
          "x-flotilla-reason", details.isEmpty() ? sentence : sentence + " (" + details + ")");
    }
  }

  void responseHead(HttpHeaders headers) {
    responseHead = headers;
  }

  void trailers(HttpHeaders trailers) {
    this.trailers = trailers;
    String code = trailers.get("grpc-status");
    if (code != null) {
      grpcStatus = HeadRules.number(code);
    }
  }

  /** The request as it goes upstream, which is what operators read from then on. */
  void sent(HttpRequest head) {
    requestHead = head;
    sentTarget = head.uri();
  }

  boolean isUpstreamAnswered() {
    return upstreamAnswered;
  }

  boolean isSent() {
    return sentTarget != null;
  }

  /** The value of a header edit, its operators filled in. */
  String substitute(String value) {
    return engine.accessLogs().header(value, this);
  }

  @Override
  public Instant start() {
    return Instant.ofEpochSecond(
        startEpochNanos / 1_000_000_000L, startEpochNanos % 1_000_000_000L);
  }

  @Override
  public @Nullable Object value(String operator) {
    return switch (operator) {
      case "PROTOCOL" -> protocol();
      case "RESPONSE_CODE" -> status;
      case "RESPONSE_FLAGS" -> {
        String flags = flags();
        yield flags.isEmpty() ? null : flags;
      }
      case "RESPONSE_CODE_DETAILS" ->
          !details.isEmpty()
              ? details
              : failures.isEmpty()
                  ? "via_upstream"
                  : failures.iterator().next().name().toLowerCase(Locale.ROOT);
      case "BYTES_RECEIVED" -> requestBytes;
      case "BYTES_SENT" -> responseBytes;
      case "DURATION" -> (System.nanoTime() - startNanos) / 1_000_000;
      case "UPSTREAM_HOST" -> host == null ? null : host.addressText();
      case "UPSTREAM_CLUSTER", "UPSTREAM_CLUSTER_RAW" ->
          clusterModel == null ? null : clusterModel.name();
      case "UPSTREAM_REQUEST_ATTEMPT_COUNT" -> attempts;
      case "UPSTREAM_TRANSPORT_FAILURE_REASON" -> upstreamError.isEmpty() ? null : upstreamError;
      case "ROUTE_NAME" -> match == null ? null : match.route().name();
      case "DOWNSTREAM_LOCAL_ADDRESS" -> text(downstream.original());
      case "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT" ->
          downstream.original().getAddress().getHostAddress();
      case "DOWNSTREAM_LOCAL_PORT" -> downstream.original().getPort();
      case "DOWNSTREAM_REMOTE_ADDRESS", "DOWNSTREAM_DIRECT_REMOTE_ADDRESS" ->
          text(downstream.remote());
      case "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
          "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" ->
          downstream.remote().getAddress().getHostAddress();
      case "DOWNSTREAM_PEER_URI_SAN" -> downstream.peer().orElse(null);
      case "DOWNSTREAM_LOCAL_URI_SAN" -> downstream.own().orElse(null);
      case "GRPC_STATUS", "GRPC_STATUS_NUMBER" -> grpcStatus < 0 ? null : grpcStatus;
      case "TRACE_ID" -> span == null ? null : span.traceIdHex();
      case "HOSTNAME" -> engine.config().self().name();
      default -> null;
    };
  }

  private String flags() {
    return failures.stream()
        .map(FailureCause::flag)
        .filter(flag -> !flag.isEmpty())
        .distinct()
        .collect(Collectors.joining(","));
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  private String protocol() {
    return http2
        ? "HTTP/2"
        : requestHead == null ? "HTTP/1.1" : requestHead.protocolVersion().text();
  }

  @Override
  public @Nullable String requestHeader(String name) {
    return switch (name) {
      case ":method" -> method;
      case ":path" -> sentTarget == null ? path : sentTarget;
      case ":authority", "host" ->
          sentTarget == null || requestHead == null
              ? authority
              : requestHead.headers().get("host", "");
      case ":scheme" -> scheme;
      default -> requestHead == null ? null : requestHead.headers().get(name);
    };
  }

  @Override
  public @Nullable String responseHeader(String name) {
    return name.equals(":status")
        ? Integer.toString(status)
        : responseHead == null ? null : responseHead.get(name);
  }

  @Override
  public @Nullable String trailer(String name) {
    return trailers == null ? null : trailers.get(name);
  }

  void finish(EngineState to) {
    PeerIdentity self = to.config().self();
    if (downstream.own().isPresent()) {
      self = to.peers().proven(self, downstream.own().get());
    }
    boolean inbound = inbound();
    PeerIdentity other = inbound ? callingPeer() : calledPeer();
    boolean mutual = inbound ? downstream.peer().isPresent() : false;
    long duration = System.nanoTime() - startNanos;
    counts.ended(status, duration / 1_000_000);
    RequestRecord record =
        new RequestRecord(
            downstream.listener().direction(),
            downstream.listener().name(),
            startEpochNanos,
            duration,
            http2 ? "HTTP/2" : "HTTP/1.1",
            method,
            authority,
            path,
            match == null ? "" : match.route().name(),
            match == null ? "" : match.route().source(),
            cluster,
            host == null ? "" : host.addressText(),
            status,
            grpc && grpcStatus >= 0 ? Optional.of(grpcStatus) : Optional.empty(),
            failures.isEmpty() ? Set.of() : EnumSet.copyOf(failures),
            attempts,
            requestBytes,
            responseBytes,
            mutual,
            inbound ? other : self,
            inbound ? self : other,
            destinationService(),
            requestId);
    if (!manager.accessLogs().isEmpty()) {
      to.accessLogs().write(manager.accessLogs(), this);
    }
    if (stats) {
      to.metrics().add(record, to.config().gateway());
    }
    to.config().observer().finished(record);
    if (span != null && span.sampled() && manager.tracing().isPresent()) {
      to.config().spans().offer(span(manager.tracing().get(), span, record));
    }
  }

  private PeerIdentity callingPeer() {
    return downstream.peer().isPresent()
        ? engine.peers().proven(otherPeer, downstream.peer().get())
        : otherPeer;
  }

  private PeerIdentity calledPeer() {
    return peerKnown || host == null
        ? otherPeer
        : host.endpoint().workload().map(engine.peers()::of).orElse(otherPeer);
  }

  private String destinationService() {
    if (clusterModel != null && !clusterModel.services().isEmpty()) {
      return clusterModel.services().getFirst().host();
    }
    int colon = authority.lastIndexOf(':');
    return authority.isEmpty() ? "unknown" : colon < 0 ? authority : authority.substring(0, colon);
  }

  private Span span(Tracing tracing, TraceContext context, RequestRecord record) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("component", "proxy");
    attributes.put("http.method", method);
    attributes.put("http.url", scheme + "://" + authority + path);
    attributes.put("http.protocol", record.protocol());
    attributes.put("http.status_code", (long) status);
    attributes.put("guid:x-request-id", requestId);
    attributes.put("upstream_cluster", cluster);
    attributes.put("upstream_cluster.name", cluster);
    attributes.put("request_size", record.requestBytes());
    attributes.put("response_size", record.responseBytes());
    attributes.put("peer.address", downstream.remote().getAddress().getHostAddress());
    attributes.put("node_id", engine.config().nodeId());
    attributes.put("istio.canonical_service", engine.config().self().canonicalService());
    attributes.put("istio.canonical_revision", engine.config().self().canonicalRevision());
    attributes.put("istio.namespace", engine.config().self().namespace());
    attributes.put("istio.mesh_id", "cluster.local");
    if (!userAgent.isEmpty()) {
      attributes.put("user_agent", userAgent);
    }
    String flags = flags();
    if (!flags.isEmpty()) {
      attributes.put("response_flags", flags);
    }
    tracing.customTags().forEach(attributes::put);
    boolean error = status >= 500 || status == 0;
    String name =
        match == null || match.route().tracingOperation().isEmpty()
            ? authority
            : match.route().tracingOperation();
    return new Span(
        context.traceIdHigh(),
        context.traceIdLow(),
        context.spanId(),
        parent == null ? 0 : parent.spanId(),
        name,
        inbound() ? Span.Kind.SERVER : Span.Kind.CLIENT,
        startEpochNanos,
        startEpochNanos + record.durationNanos(),
        attributes,
        List.of(),
        List.of(),
        error ? Span.Status.ERROR : Span.Status.UNSET,
        "",
        "",
        Map.of(
            "service.name",
            tracing.serviceName().isEmpty() ? engine.config().name() : tracing.serviceName()),
        "flotilla");
  }
}
