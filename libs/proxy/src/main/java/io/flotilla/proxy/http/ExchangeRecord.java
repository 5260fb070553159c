// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.format.Operator;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.Tracing;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.proxy.api.RequestRecord;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.log.AccessLogs;
import io.flotilla.proxy.log.ConnectionFacts;
import io.flotilla.proxy.log.Failures;
import io.flotilla.proxy.log.LogSource;
import io.flotilla.proxy.log.ResponseFlags;
import io.flotilla.proxy.metrics.HttpStat;
import io.flotilla.proxy.metrics.HttpStats;
import io.flotilla.proxy.metrics.PeerHeaders;
import io.flotilla.proxy.trace.TraceContext;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.rules.route.RouteTable;
import io.flotilla.telemetry.api.Span;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
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
  private final AccessLogs.Plan logs;
  private final long @Nullable [] moments;
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
  private @Nullable Channel upstream;
  private boolean upstreamHttp2;
  private final @Nullable List<Host> attempted;
  private String connections = "";
  private int routings;
  private long routingNanos;
  private @Nullable WireSizes sizes;

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
    this.logs = engine.accessLogs().plan(manager.accessLogs());
    this.moments = logs.isTimed() ? new long[Moment.values().length] : null;
    this.attempted = logs.namesAttempts() ? new ArrayList<>() : null;
    at(Moment.DS_RX_BEG);
  }

  private boolean inbound() {
    return downstream.listener().direction() == TrafficDirection.INBOUND
        && !engine.config().gateway();
  }

  void request(HttpRequest head) {
    requestHead = head;
    if (logs.isSized()) {
      sizes = new WireSizes(head);
    }
    method = head.method().name();
    if (moments != null
        && !http2
        && !head.headers().contains("content-length")
        && !head.headers().contains("transfer-encoding")) {
      at(Moment.DS_RX_END);
    }
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

  /** A route was looked for, from {@code begun} on as {@link #clock} told. */
  void routed(long begun) {
    routings++;
    if (moments != null) {
      routingNanos += System.nanoTime() - begun;
    }
  }

  /** Now, if a log asks for times. */
  long clock() {
    return moments == null ? 0 : System.nanoTime();
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

  /** Something happens now. */
  void at(Moment moment) {
    if (moments != null) {
      moments[moment.ordinal()] = System.nanoTime();
    }
  }

  /** The same, of which the first time counts. */
  void firstAt(Moment moment) {
    if (moments != null && moments[moment.ordinal()] == 0) {
      moments[moment.ordinal()] = System.nanoTime();
    }
  }

  @Override
  public long when(Moment moment) {
    long known = moments == null ? 0 : moments[moment.ordinal()];
    return known == 0 ? NEVER : known;
  }

  private @Nullable Long between(Moment from, Moment to) {
    long begin = when(from);
    long end = when(to);
    return begin == NEVER || end == NEVER ? null : (end - begin) / 1_000_000;
  }

  /** The connection that the request goes by. */
  void upstream(Channel channel, boolean http2) {
    upstream = channel;
    upstreamHttp2 = http2;
    if (attempted != null) {
      String id = Long.toString(ConnectionFacts.id(channel));
      connections = connections.isEmpty() ? id : connections + "," + id;
      if (host != null && !attempted.contains(host)) {
        attempted.add(host);
      }
    }
  }

  void attempts(int soFar) {
    attempts = soFar;
  }

  void requestBytes(int n) {
    requestBytes += n;
  }

  void responseBytes(int n) {
    if (sizes != null) {
      sizes.chunk(n);
    }
    responseBytes += n;
  }

  void upstreamError(Throwable cause) {
    upstreamError = Failures.reason(cause);
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

  /** An upstream answered, whether the client is told or another one is asked. */
  void received(HttpResponse response) {
    at(Moment.US_RX_BEG);
    if (sizes != null) {
      sizes.answer(response);
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
    if (sizes != null && upstream != null) {
      sizes.sent(head);
    }
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
  public @Nullable Object value(Operator operator) {
    return switch (operator) {
      case PROTOCOL -> protocol();
      case UPSTREAM_PROTOCOL -> upstream == null ? null : upstreamHttp2 ? "HTTP/2" : "HTTP/1.1";
      case RESPONSE_CODE -> status;
      case RESPONSE_FLAGS -> ResponseFlags.text(responseFlags());
      case RESPONSE_FLAGS_LONG -> ResponseFlags.longText(responseFlags());
      case RESPONSE_CODE_DETAILS -> responseDetails();
      case BYTES_RECEIVED -> requestBytes;
      case BYTES_SENT -> responseBytes;
      case DURATION -> (System.nanoTime() - startNanos) / 1_000_000;
      case REQUEST_DURATION -> between(Moment.DS_RX_BEG, Moment.DS_RX_END);
      case REQUEST_TX_DURATION -> between(Moment.DS_RX_BEG, Moment.US_TX_END);
      case RESPONSE_DURATION -> between(Moment.DS_RX_BEG, Moment.US_RX_BEG);
      case RESPONSE_TX_DURATION -> between(Moment.US_RX_BEG, Moment.DS_TX_END);
      case UPSTREAM_CONNECTION_POOL_READY_DURATION -> between(Moment.US_CX_BEG, Moment.US_TX_BEG);
      case REQUEST_HEADERS_BYTES -> requestHeadersBytes();
      case RESPONSE_HEADERS_BYTES ->
          responseHead == null
              ? 0L
              : bytes(responseHead)
                  + ":status".length()
                  + 3
                  // One without a body is given its length by the codec.
                  - (!upstreamAnswered && "0".equals(responseHead.get("content-length"))
                      ? "content-length0".length()
                      : 0);
      case RESPONSE_TRAILERS_BYTES -> trailers == null ? 0L : bytes(trailers);
      case UPSTREAM_HOST -> host == null ? null : host.addressText();
      case UPSTREAM_HOST_NAME -> host == null ? null : name(host);
      case UPSTREAM_HOST_NAME_WITHOUT_PORT -> host == null ? null : withoutPort(name(host));
      // The name under which its statistics are known, as the encoder tells Envoy.
      case UPSTREAM_CLUSTER -> clusterModel == null ? null : clusterModel.name() + ";";
      case UPSTREAM_CLUSTER_RAW -> clusterModel == null ? null : clusterModel.name();
      case UPSTREAM_HOSTS_ATTEMPTED -> attempted(ExchangeRecord::address);
      case UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT -> attempted(h -> withoutPort(address(h)));
      case UPSTREAM_HOST_NAMES_ATTEMPTED -> attempted(ExchangeRecord::name);
      case UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT -> attempted(h -> withoutPort(name(h)));
      case UPSTREAM_CONNECTION_IDS_ATTEMPTED -> connections.isEmpty() ? null : connections;
      case ROUTE_RESOLUTION_COUNT -> routings;
      case ROUTE_RESOLUTION_TIME_US -> routingNanos / 1_000;
      case UPSTREAM_REQUEST_ATTEMPT_COUNT -> attempts;
      case UPSTREAM_TRANSPORT_FAILURE_REASON -> upstreamError.isEmpty() ? null : upstreamError;
      case ROUTE_NAME ->
          match == null || match.route().name().isEmpty() ? null : match.route().name();
      case GRPC_STATUS, GRPC_STATUS_NUMBER -> grpc && grpcStatus >= 0 ? grpcStatus : null;
      case TRACE_ID -> span == null ? null : span.traceIdHex();
      case SPAN_ID -> span == null ? null : span.spanIdHex();
      case STREAM_ID -> requestId.isEmpty() ? null : requestId;
      case ACCESS_LOG_TYPE -> "DownstreamEnd";
      // Known only while an answer of ours is made.
      case LOCAL_REPLY_BODY, CUSTOM_FLAGS -> "";
      case UPSTREAM_DETECTED_CLOSE_TYPE -> host == null ? null : "Normal";
      case DOWNSTREAM_WIRE_BYTES_RECEIVED,
          DOWNSTREAM_WIRE_BYTES_SENT,
          DOWNSTREAM_HEADER_BYTES_RECEIVED,
          DOWNSTREAM_HEADER_BYTES_SENT,
          DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
          DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT,
          UPSTREAM_WIRE_BYTES_RECEIVED,
          UPSTREAM_WIRE_BYTES_SENT,
          UPSTREAM_HEADER_BYTES_RECEIVED,
          UPSTREAM_HEADER_BYTES_SENT,
          UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
          UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT ->
          sizes == null
              ? 0L
              : sizes.of(operator, requestBytes, responseBytes, status, responseHead);
      default -> ConnectionFacts.of(downstream, upstream, operator);
    };
  }

  private long requestHeadersBytes() {
    return requestHead == null
        ? 0
        : bytes(requestHead.headers())
            + ":method".length()
            + method.length()
            + ":path".length()
            + length(requestHeader(":path"))
            + ":scheme".length()
            + scheme.length()
            // "host" stands for ":authority".
            + ":authority".length()
            - "host".length();
  }

  private static int length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }

  private static long bytes(HttpHeaders headers) {
    long sum = 0;
    for (Map.Entry<String, String> each : headers) {
      sum += each.getKey().length() + each.getValue().length();
    }
    return sum;
  }

  private static String address(Host of) {
    return of.addressText();
  }

  private static String name(Host of) {
    return of.endpoint().hostname().isEmpty() ? address(of) : of.endpoint().hostname();
  }

  private static String withoutPort(String name) {
    int colon = name.lastIndexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }

  private @Nullable String attempted(Function<Host, String> what) {
    return attempted == null || attempted.isEmpty()
        ? null
        : attempted.stream().map(what).distinct().collect(Collectors.joining(","));
  }

  private @Nullable String responseDetails() {
    if (!details.isEmpty()) {
      return details;
    }
    if (upstreamAnswered) {
      return "via_upstream";
    }
    FailureCause told = null;
    for (FailureCause each : failures) {
      if (each != FailureCause.RETRIES_EXHAUSTED && each != FailureCause.DELAY_INJECTED) {
        told = each;
      }
    }
    return told == null ? "direct_response" : ResponseDetails.of(told, upstreamError);
  }

  @Override
  public Set<String> responseFlags() {
    if (failures.isEmpty()) {
      return Set.of();
    }
    Set<String> flags = new LinkedHashSet<>();
    for (FailureCause each : failures) {
      if (!each.flag().isEmpty()) {
        flags.add(each.flag());
      }
    }
    return flags;
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
    logs.write(this);
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
    String flags = ResponseFlags.text(responseFlags());
    if (flags != null) {
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
