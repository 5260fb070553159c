// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.proxy.filter.RequestFilter;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.internal.Sweep;
import io.flotilla.proxy.metrics.ClusterStat;
import io.flotilla.proxy.metrics.HttpStat;
import io.flotilla.proxy.metrics.PeerHeaders;
import io.flotilla.proxy.upstream.ClusterRuntime;
import io.flotilla.proxy.upstream.ClusterRuntime.Outcome;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.proxy.upstream.UpstreamPool;
import io.flotilla.proxy.upstream.UpstreamStream;
import io.flotilla.rules.policy.AccessView;
import io.flotilla.rules.route.Choice;
import io.flotilla.rules.route.GrpcTimeout;
import io.flotilla.rules.route.Retry;
import io.flotilla.rules.route.Rewrite;
import io.flotilla.rules.route.RouteTable;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer.
 *
 * <pre>
 *   head --> route --> filters --> attempt --> answer --> end
 *              |         |          ^   |         |
 *              +---------+----------|---+--> local reply --> end
 *                                   +-- retry
 * </pre>
 *
 * All of it runs on the engine's event loop.
 */
final class Exchange
    implements UpstreamStream.Listener, FilteredRequest, HashKey.Cookies, Sweep.Timed {
  private static final int MAX_REPLAY_BYTES = 64 * 1024;
  private static final int MAX_DISCARDED_BYTES = 1024 * 1024;
  private static final int MILLION = 1_000_000;
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);
  private static final Duration DEFAULT_IDLE = Duration.ofMinutes(5);
  private static final Set<String> IDEMPOTENT =
      Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE");

  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private final Channel client;
  private final boolean http2;
  private final Consumer<Boolean> done;
  private final ExchangeRecord record;
  private final Set<Host> tried = new HashSet<>();
  private final ArrayDeque<HttpContent> replay = new ArrayDeque<>();
  private final long idleNanos;

  private @Nullable HttpRequest request;
  private String authority = "";
  private String target = "/";
  private boolean keepAlive = true;
  private boolean requestEnded;
  private boolean answered;
  private boolean finished;
  private boolean placed;
  private boolean discarding;
  private long discarded;
  private boolean swallowInformational;
  private int replayBytes;
  private boolean replayable;
  private @Nullable GrpcWebBridge grpcWeb;
  // Another protocol is asked for. What the client says in it is held until the upstream agrees:
  // before that, an upstream of HTTP/1 would take it for a request.
  private boolean wantsUpgrade;
  // By CONNECT (RFC 9110, section 9.3.6): the upstream is TCP, and it agrees by being there.
  private boolean wantsTunnel;
  private final ArrayDeque<ByteBuf> early = new ArrayDeque<>();
  private int earlyBytes;

  private RouteAction.@Nullable Forward forward;
  private HeaderEdits clusterEdits = HeaderEdits.NONE;
  private Optional<ClusterRuntime> runtime = Optional.empty();
  private boolean routed;
  private List<String> newCookies = List.of();
  private RouteTable.@Nullable Match match;
  private List<RequestFilter> filters = List.of();
  private int nextFilter;
  private boolean held;
  private @Nullable RequestAccess access;
  private @Nullable RetryPolicy retryPolicy;
  private @Nullable ClusterRuntime cluster;
  private @Nullable Host host;
  private @Nullable UpstreamStream stream;
  private boolean clusterPlace;
  private boolean retryPlace;
  private boolean requestSent;
  private boolean inUse;
  private boolean staleRetried;
  private boolean endedByHead;
  private Map<String, String> answerHeaders = Map.of();
  private List<MirrorCopy> mirrors = List.of();
  private int attempts;
  private long lastActivity = System.nanoTime();
  private long attemptStart;
  private long wholeStart;
  private @Nullable Future<?> wholeTimer;
  private @Nullable Future<?> tryTimer;
  private @Nullable Future<?> pause;

  /**
   * @param client the connection (HTTP/1) or stream (HTTP/2) that answers go to
   * @param done told once whether the connection may go on
   */
  Exchange(
      EngineState engine,
      Downstream downstream,
      HttpConnectionManager manager,
      Channel client,
      boolean http2,
      Consumer<Boolean> done) {
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
    this.client = client;
    this.http2 = http2;
    this.done = done;
    this.record = new ExchangeRecord(engine, downstream, manager, http2);
    this.idleNanos = manager.streamIdleTimeout().orElse(DEFAULT_IDLE).toNanos();
    if (idleNanos > 0) {
      engine.sweep().add(this);
    }
  }

  @Override
  public void tick(long now) {
    // A request that is held on purpose, or by its upstream, has a time-out of its own.
    if (finished || now - lastActivity < idleNanos || held || pause != null) {
      return;
    }
    keepAlive = false;
    breakOff(FailureCause.STREAM_IDLE, false);
  }

  // ---- the request ----

  /** The head of the request. */
  void head(HttpRequest head) {
    request = head;
    record.request(head);
    if (head.decoderResult().isFailure()) {
      keepAlive = false;
      requestEnded = true;
      String why = String.valueOf(head.decoderResult().cause().getMessage());
      fail(
          why.contains("header") && why.contains("larger")
              ? FailureCause.HEADERS_TOO_LARGE
              : FailureCause.BAD_REQUEST);
      return;
    }
    if (!HeadRules.isUnambiguous(head, http2)) {
      // Nobody knows where its body would end.
      keepAlive = false;
      requestEnded = true;
      fail(FailureCause.BAD_REQUEST);
      return;
    }
    keepAlive = http2 || HeadRules.isKeepAlive(head);
    placed = engine.config().overload().requests().take();
    if (!placed) {
      fail(FailureCause.OVERLOADED);
      return;
    }
    HeadRules.Target parsed = HeadRules.target(head);
    authority = parsed.authority().toLowerCase(Locale.ROOT);
    wantsTunnel = head.method().equals(HttpMethod.CONNECT);
    Optional<String> path =
        manager.normalizePath() && !wantsTunnel
            ? HeadRules.normalize(parsed.pathAndQuery(), manager.mergeSlashes())
            : Optional.of(parsed.pathAndQuery());
    target = path.orElse(parsed.pathAndQuery());
    record.target(authority, target);
    if (path.isEmpty()) {
      keepAlive = false;
      fail(FailureCause.BAD_REQUEST);
      return;
    }
    HttpHeaders headers = head.headers();
    if (wantsTunnel) {
      // What the client says beside it is not where it wants to go.
      headers.set(HttpHeaderNames.HOST, parsed.authority());
      headers.remove(HttpHeaderNames.UPGRADE);
    }
    boolean upgrade = HeadRules.isUpgrade(head, manager.upgrades());
    if (http2 && !upgrade && headers.contains(HttpHeaderNames.UPGRADE)) {
      reply(501, "this proxy does not tunnel " + headers.get(HttpHeaderNames.UPGRADE));
      return;
    }
    wantsUpgrade = upgrade || wantsTunnel;
    // Refused, its connection ends: whatever follows was meant for the other protocol.
    keepAlive &= http2 || !wantsUpgrade;
    grpcWeb = GrpcWebBridge.of(manager, head);
    record.peerFromRequest(headers);
    record.trace(headers);
    HeadRules.requestHeaders(headers, downstream, manager, record);
    chooseRoute();
  }

  private void chooseRoute() {
    reroute();
    filters = engine.filters(manager);
    filter();
  }

  @Override
  public void reroute() {
    RouteTable table = engine.routes(manager);
    match = table == null ? null : table.match(this, Exchange::random).orElse(null);
    if (match != null) {
      record.route(match);
      if (match.route().action() instanceof RouteAction.Forward f) {
        routed = true;
        chooseCluster(f);
      }
    }
  }

  private static int random() {
    return ThreadLocalRandom.current().nextInt(MILLION);
  }

  private void filter() {
    while (nextFilter < filters.size()) {
      held = true;
      if (!filters.get(nextFilter++).apply(this)) {
        return;
      }
    }
    held = false;
    act();
  }

  private void act() {
    RouteTable.Match found = match;
    record.count(HttpStat.RQ_TOTAL);
    if (found == null) {
      record.count(HttpStat.NO_ROUTE);
      fail(FailureCause.NO_ROUTE);
      return;
    }
    routed = true;
    switch (found.route().action()) {
      case RouteAction.Forward f -> forward(f, found);
      case RouteAction.DirectResponse d -> {
        record.count(HttpStat.RQ_DIRECT_RESPONSE);
        reply(d.status(), d.body());
      }
      case RouteAction.NonForwarding n -> fail(FailureCause.NO_ROUTE);
      case RouteAction.Redirect r -> redirect(r, found);
    }
  }

  private void redirect(RouteAction.Redirect redirect, RouteTable.Match found) {
    record.count(HttpStat.RQ_REDIRECT);
    boolean grpc = RouteTable.isGrpc(this);
    FullHttpResponse response =
        grpc
            ? grpcAnswer(200, HeadRules.grpcStatus(redirect.status()), "")
            : new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(redirect.status()),
                Unpooled.EMPTY_BUFFER);
    response
        .headers()
        .set(
            HttpHeaderNames.LOCATION,
            Rewrite.location(redirect, found.rewrite(), this, authorityAsSent()));
    local(response);
  }

  private void chooseCluster(RouteAction.Forward action) {
    Optional<Choice.Chosen> chosen =
        Choice.cluster(action.cluster(), this, ThreadLocalRandom.current().nextInt());
    runtime = chosen.flatMap(c -> engine.clusters().get(c.cluster()));
    chosen.ifPresent(
        c -> {
          record.cluster(c.cluster());
          clusterEdits = c.headerEdits();
        });
    runtime.ifPresent(r -> record.clusterModel(r.cluster()));
  }

  private void forward(RouteAction.Forward action, RouteTable.Match found) {
    if (wantsTunnel && !action.upgrades().contains(RouteAction.Forward.CONNECT)) {
      record.details("upgrade_failed");
      reply(403, "");
      return;
    }
    forward = action;
    retryPolicy = action.retryPolicy().or(() -> found.host().retryPolicy()).orElse(null);
    replayable = (retryPolicy != null && retryPolicy.maxRetries() > 0) || isIdempotent();
    if (runtime.isEmpty()) {
      record.count(HttpStat.NO_CLUSTER);
      fail(FailureCause.NO_CLUSTER);
      return;
    }
    cluster = runtime.get();
    if (!cluster.tryStart()) {
      fail(FailureCause.OVERFLOW);
      return;
    }
    clusterPlace = true;
    if (requestEnded) {
      startWholeTimer();
    }
    attempt();
  }

  private boolean isIdempotent() {
    return IDEMPOTENT.contains(method());
  }

  private void startWholeTimer() {
    if (wholeTimer != null || forward == null || finished) {
      return;
    }
    Duration timeout = wholeTimeout();
    if (!timeout.isZero()) {
      wholeStart = System.nanoTime();
      wholeTimer =
          engine.loop().schedule(this::timedOut, timeout.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** A part of the request's body. */
  void body(HttpContent part) {
    HttpContent content = part instanceof FullHttpMessage full ? HeadRules.contentOf(full) : part;
    if (grpcWeb != null && content.decoderResult().isSuccess()) {
      content = grpcWeb.request(content);
      if (content.decoderResult().isFailure() && !answered) {
        content.release();
        refuseText();
        return;
      }
    }
    if (content.decoderResult().isFailure()) {
      content.release();
      malformedBody();
      return;
    }
    boolean last = content instanceof LastHttpContent;
    int size = content.content().readableBytes();
    record.requestBytes(size);
    lastActivity = System.nanoTime();
    for (MirrorCopy mirror : mirrors) {
      mirror.body(content.retainedDuplicate());
    }
    if (last) {
      requestEnded = true;
      startWholeTimer();
    }
    if (finished || answered && stream == null) {
      content.release();
      discarded += size;
      if (discarding && (last || discarded > MAX_DISCARDED_BYTES)) {
        discarding = false;
        done.accept(last && keepAlive);
      }
      return;
    }
    if (wantsUpgrade) {
      early.add(content.content());
      earlyBytes += size;
      return;
    }
    UpstreamStream to = stream;
    if (to == null) {
      replay.add(content);
      replayBytes += size;
      return;
    }
    if (replayable) {
      if (replayBytes + size <= MAX_REPLAY_BYTES) {
        replay.add(content.retainedDuplicate());
        replayBytes += size;
      } else {
        replayable = false;
        forgetReplay();
      }
    }
    to.channel().write(content);
    if (last) {
      to.channel().flush();
    }
  }

  /**
   * What came of the body must not pass for all of it: the upstream's connection is closed before
   * the end, and the client's after the answer.
   */
  private void malformedBody() {
    requestEnded = true;
    keepAlive = false;
    if (finished) {
      if (discarding) {
        discarding = false;
        done.accept(false);
      }
      return;
    }
    breakOff(FailureCause.BAD_REQUEST, false);
  }

  private void refuseText() {
    requestEnded = true;
    keepAlive = false;
    dropStream();
    leaveHost(Outcome.SUCCESS);
    record.add(FailureCause.BAD_REQUEST);
    local(
        grpcAnswer(400, HeadRules.grpcStatus(400), "the body of a gRPC-Web request is not base64"));
  }

  private void forgetReplay() {
    replay.forEach(ReferenceCountUtil::release);
    replay.clear();
    replayBytes = 0;
  }

  /** A read of the client's channel ended: flush what came, and read on if there is room for it. */
  void readMoreOfRequest() {
    UpstreamStream to = stream;
    if (to != null) {
      to.channel().flush();
    }
    if (requestEnded) {
      return;
    }
    boolean room =
        finished
            || (wantsUpgrade
                ? earlyBytes < MAX_REPLAY_BYTES
                : to == null ? replayBytes < MAX_REPLAY_BYTES : to.channel().isWritable());
    if (room) {
      client.read();
    }
  }

  /** The client's channel takes more again. */
  void readMoreOfAnswer() {
    UpstreamStream from = stream;
    if (from != null && !finished) {
      from.channel().read();
    }
  }

  // ---- an attempt upstream ----

  private void attempt() {
    ClusterRuntime to = cluster;
    if (finished || to == null) {
      return;
    }
    pause = null;
    attempts++;
    record.attempts(attempts);
    attemptStart = System.nanoTime();
    requestSent = false;
    Set<Host> avoid = retryPolicy != null && retryPolicy.avoidPreviousHosts() ? tried : Set.of();
    Optional<Host> chosen =
        to.choose(
            downstream.captive(),
            avoid,
            to.hashes() ? hashKey() : null,
            retryPolicy == null ? 0 : Math.max(1, retryPolicy.hostSelectionAttempts()));
    if (chosen.isEmpty()) {
      to.stats().add(ClusterStat.UPSTREAM_CX_NONE_HEALTHY);
      fail(
          to.cluster().discovery() instanceof Discovery.OriginalDestination
              ? FailureCause.BLOCKED
              : FailureCause.NO_HEALTHY_UPSTREAM);
      return;
    }
    Host target = chosen.get();
    host = target;
    tried.add(target);
    if (attempts == 1
        && forward != null
        && match != null
        && !wantsUpgrade
        && !forward.mirrors().isEmpty()) {
      startMirrors(forward, match);
    }
    target.started();
    record.host(target);
    Duration limit = perTryTimeout();
    if (!limit.isZero()) {
      tryTimer = engine.loop().schedule(this::tryTimedOut, limit.toMillis(), TimeUnit.MILLISECONDS);
    }
    int mine = attempts;
    if (wantsTunnel) {
      engine
          .pool()
          .connectTcp(
              to,
              target,
              downstream.origin(),
              new ChannelInboundHandlerAdapter(),
              ready -> {
                if (finished || mine != attempts || host != target) {
                  ready.close();
                  return;
                }
                tunnel(ready, target);
              },
              cause -> {
                if (!finished && mine == attempts && host == target) {
                  notConnected(cause);
                }
              });
      return;
    }
    engine
        .pool()
        .acquire(
            to,
            target,
            protocol(to, target),
            alpn(to),
            downstream.origin(),
            this,
            ready -> {
              if (finished || mine != attempts || host != target) {
                // Nothing was sent on it: the next may have it.
                ready.release(!ready.http2());
                return;
              }
              send(ready);
            },
            cause -> {
              if (!finished && mine == attempts && host == target) {
                notConnected(cause);
              }
            });
  }

  private Duration wholeTimeout() {
    return forward == null
        ? Duration.ZERO
        : HeadRules.timeout(forward, this).orElse(DEFAULT_TIMEOUT);
  }

  // Zero: none, or none that could pass before the whole exchange's does.
  private Duration perTryTimeout() {
    Duration each =
        retryPolicy == null ? Duration.ZERO : retryPolicy.perTryTimeout().orElse(Duration.ZERO);
    Duration whole = wholeTimeout();
    return !whole.isZero() && each.compareTo(whole) >= 0 ? Duration.ZERO : each;
  }

  private @Nullable Long hashKey() {
    RouteTable.Match way = match;
    if (forward == null || forward.hashPolicies().isEmpty() || way == null || request == null) {
      return null;
    }
    newCookies = new ArrayList<>();
    return HashKey.of(
        forward.hashPolicies(), this, edited(request, way), this, downstream.remote().getAddress());
  }

  // As the routes edit them, also where no endpoint is there to take them.
  private HttpHeaders edited(HttpRequest head, RouteTable.Match way) {
    HttpRequest copy =
        new DefaultHttpRequest(HttpVersion.HTTP_1_1, head.method(), target, head.headers().copy());
    editRequest(copy, way);
    return copy.headers();
  }

  private void editRequest(HttpRequest out, RouteTable.Match way) {
    record.sent(out);
    HeadRules.editRequest(out.headers(), clusterEdits, record);
    HeadRules.editRequest(out.headers(), way.route().headerEdits(), record);
    HeadRules.editRequest(out.headers(), way.host().headerEdits(), record);
    if (engine.routes(manager) instanceof RouteTable table) {
      HeadRules.editRequest(out.headers(), table.configuration().headerEdits(), record);
    }
  }

  @Override
  public List<String> headers(String name) {
    return request == null ? List.of() : request.headers().getAll(name);
  }

  @Override
  public String newCookie(String name, String path, Duration ttl) {
    String value = HeadRules.cookieValue(downstream);
    newCookies.add(HeadRules.cookie(name, value, path, ttl));
    return value;
  }

  private UpstreamPool.Protocol protocol(ClusterRuntime to, Host target) {
    if (wantsUpgrade) {
      return UpstreamPool.Protocol.HTTP1;
    }
    return switch (to.cluster().http()) {
      case HTTP1 -> UpstreamPool.Protocol.HTTP1;
      case HTTP2 -> UpstreamPool.Protocol.HTTP2;
      case SAME_AS_DOWNSTREAM -> http2 ? UpstreamPool.Protocol.HTTP2 : UpstreamPool.Protocol.HTTP1;
      case AUTO ->
          to.tls(target).isPresent() ? UpstreamPool.Protocol.ALPN : UpstreamPool.Protocol.HTTP1;
    };
  }

  private List<String> alpn(ClusterRuntime to) {
    for (HttpFilter filter : manager.filters()) {
      if (filter instanceof HttpFilter.Alpn a) {
        boolean h2 =
            !wantsUpgrade
                && (to.cluster().http() == Cluster.HttpUpstream.HTTP2
                    || to.cluster().http() == Cluster.HttpUpstream.SAME_AS_DOWNSTREAM && http2);
        return a.overrides().getOrDefault(h2 ? "h2" : "http/1.1", List.of());
      }
    }
    return List.of();
  }

  private void startMirrors(RouteAction.Forward action, RouteTable.Match found) {
    mirrors = new ArrayList<>();
    for (RouteAction.Mirror mirror : action.mirrors()) {
      ClusterRuntime to = engine.clusters().get(mirror.cluster()).orElse(null);
      Host at =
          to != null && Choice.happens(mirror.fraction(), random())
              ? to.choose(downstream.captive(), Set.of(), null, 0).orElse(null)
              : null;
      if (to != null && at != null && request != null) {
        HttpRequest head = upstreamHead(request, action, found, at, 1);
        if (action.hostRewrite() instanceof HostRewrite.Auto) {
          // An endpoint's name is that endpoint's alone.
          head.headers().set(HttpHeaderNames.HOST, authorityAsSent());
          head.headers().remove("x-envoy-original-host");
        }
        head.headers().set("x-envoy-internal", "true");
        if (!wholeTimeout().isZero()) {
          head.headers()
              .set("x-envoy-expected-rq-timeout-ms", Long.toString(wholeTimeout().toMillis()));
        }
        MirrorCopy.markAsShadow(head.headers());
        MirrorCopy copy = new MirrorCopy(engine, to, at, protocol(to, at), alpn(to), head);
        mirrors.add(copy);
        // What a filter held back came before there was a copy.
        replay.forEach(content -> copy.body(content.retainedDuplicate()));
      }
    }
  }

  private void send(UpstreamStream to) {
    HttpRequest from = request;
    RouteAction.Forward action = forward;
    RouteTable.Match way = match;
    if (from == null || action == null || way == null) {
      return;
    }
    stream = to;
    requestSent = true;
    to.host().connected();
    count(ClusterStat.UPSTREAM_RQ_TOTAL);
    startUse();
    lastActivity = System.nanoTime();
    to.channel().write(upstreamHead(from, action, way, to.host(), attempts));
    if (wantsUpgrade) {
      to.channel().write(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    boolean keep = replayable;
    for (HttpContent content : replay) {
      to.channel().write(keep ? content.retainedDuplicate() : content);
    }
    if (!keep) {
      replay.clear();
      replayBytes = 0;
    }
    to.channel().flush();
    to.channel().read();
    readMoreOfRequest();
  }

  private HttpRequest upstreamHead(
      HttpRequest from, RouteAction.Forward action, RouteTable.Match way, Host to, int attempt) {
    String path = way.rewrite().apply(target);
    HttpRequest out = new DefaultHttpRequest(HttpVersion.HTTP_1_1, from.method(), path);
    HttpHeaders headers = out.headers();
    String host = host(action, to);
    HeadRules.copyRequestHeaders(from.headers(), headers, host, wantsUpgrade);
    if (action.pathRewrite().isPresent()) {
      headers.set("x-envoy-original-path", target);
    }
    if (!host.equals(authorityAsSent())) {
      headers.set("x-envoy-original-host", authorityAsSent());
    }
    long expected = perTryTimeout().toMillis();
    if (expected == 0 && !wholeTimeout().isZero() && !HeadRules.isClientsOwn(action)) {
      long gone =
          attempt == 1 || wholeStart == 0 ? 0 : (System.nanoTime() - wholeStart) / 1_000_000;
      expected = Math.max(1, wholeTimeout().toMillis() - gone);
    }
    if (expected > 0) {
      headers.set("x-envoy-expected-rq-timeout-ms", Long.toString(expected));
    }
    long deadline = HeadRules.isClientsOwn(action) ? wholeTimeout().toMillis() : expected;
    if (deadline > 0 && action.maxGrpcTimeout().isPresent() && RouteTable.isGrpc(this)) {
      headers.set("grpc-timeout", GrpcTimeout.format(Duration.ofMillis(deadline)));
    }
    record.requestHeadersUpstream(
        headers, attempt, way.host().includeRequestAttemptCount(), isOfMesh(to));
    editRequest(out, way);
    return out;
  }

  // Who we are is nothing for those outside of the mesh to know.
  private boolean isOfMesh(Host to) {
    return to.endpoint().workload().isPresent()
        || (cluster != null
            && cluster
                .tls(to)
                .filter(
                    t ->
                        t.common()
                            .certificate()
                            .filter(CertificateRef.WORKLOAD::equals)
                            .isPresent())
                .isPresent());
  }

  private String host(RouteAction.Forward action, Host to) {
    return switch (action.hostRewrite()) {
      case HostRewrite.Keep k -> authorityAsSent();
      case HostRewrite.Literal l -> l.host();
      case HostRewrite.Auto a ->
          to.endpoint().hostname().isEmpty() ? authorityAsSent() : to.endpoint().hostname();
    };
  }

  private String authorityAsSent() {
    return request == null ? authority : HeadRules.target(request).authority();
  }

  private void notConnected(Throwable cause) {
    if (cause instanceof UpstreamPool.Overflow) {
      leaveHost(Outcome.SUCCESS);
      fail(FailureCause.OVERFLOW);
      return;
    }
    record.upstreamError(cause);
    leaveHost(Outcome.LOCAL_FAILURE);
    retryOr(new Retry.Outcome.NotConnected(), FailureCause.CONNECT_FAILED);
  }

  @Override
  public void broken(boolean refused) {
    if (finished) {
      return;
    }
    UpstreamStream old = stream;
    stream = null;
    if (isStale(old, refused)) {
      // The upstream had closed an idle connection just before: nobody's failure.
      staleRetried = true;
      leaveHost(Outcome.SUCCESS);
      attempts--;
      attempt();
      return;
    }
    leaveHost(Outcome.LOCAL_FAILURE);
    if (answered) {
      record.add(FailureCause.UPSTREAM_RESET);
      client.close();
      end(false);
      return;
    }
    retryOr(
        refused ? new Retry.Outcome.Refused() : new Retry.Outcome.Reset(requestSent),
        FailureCause.UPSTREAM_RESET);
  }

  private boolean isStale(@Nullable UpstreamStream old, boolean refused) {
    return old != null
        && old.reused()
        && !answered
        && !staleRetried
        && replayable
        && (refused || isIdempotent());
  }

  private void tryTimedOut() {
    if (finished || answered) {
      return;
    }
    count(ClusterStat.UPSTREAM_RQ_PER_TRY_TIMEOUT);
    dropStream();
    leaveHost(Outcome.LOCAL_FAILURE);
    retryOr(new Retry.Outcome.TimedOut(), FailureCause.UPSTREAM_TIMEOUT);
  }

  private void timedOut() {
    if (finished) {
      return;
    }
    count(ClusterStat.UPSTREAM_RQ_TIMEOUT);
    breakOff(FailureCause.UPSTREAM_TIMEOUT, true);
  }

  /**
   * Ends the exchange before its time: with an answer of ours, or, where the upstream's has begun,
   * by closing the connection, which alone tells the client that it is not whole.
   */
  private void breakOff(FailureCause cause, boolean hostFailed) {
    dropStream();
    leaveHost(hostFailed ? Outcome.LOCAL_FAILURE : Outcome.SUCCESS);
    if (answered) {
      record.add(cause);
      client.close();
      end(false);
    } else {
      fail(cause);
    }
  }

  private void dropStream() {
    UpstreamStream old = stream;
    stream = null;
    if (old != null) {
      old.release(false);
    }
  }

  private void count(ClusterStat what) {
    if (cluster != null) {
      cluster.stats().add(what);
    }
  }

  private void startUse() {
    inUse = true;
    count(ClusterStat.UPSTREAM_RQ_ACTIVE);
  }

  private void endUse() {
    if (inUse && cluster != null) {
      inUse = false;
      cluster.stats().subtract(ClusterStat.UPSTREAM_RQ_ACTIVE);
    }
  }

  private void leaveHost(Outcome outcome) {
    endUse();
    Host old = host;
    host = null;
    if (tryTimer != null) {
      tryTimer.cancel(false);
      tryTimer = null;
    }
    if (old != null) {
      old.ended();
      if (cluster != null) {
        cluster.outcome(old, outcome);
      }
    }
  }

  private boolean mayRetry(Retry.Outcome outcome) {
    RetryPolicy policy = retryPolicy;
    if (policy == null || cluster == null || !Retry.wanted(policy, outcome)) {
      return false;
    }
    if (attempts > policy.maxRetries()) {
      count(ClusterStat.UPSTREAM_RQ_RETRY_LIMIT_EXCEEDED);
      record.add(FailureCause.RETRIES_EXHAUSTED);
      return false;
    }
    if (!replayable) {
      return false;
    }
    if (!retryPlace && !cluster.tryRetry()) {
      record.add(FailureCause.OVERFLOW);
      return false;
    }
    retryPlace = true;
    return true;
  }

  private void retryOr(Retry.Outcome outcome, FailureCause cause) {
    if (!mayRetry(outcome)) {
      fail(cause);
      return;
    }
    retry();
  }

  private void retry() {
    RetryPolicy policy = retryPolicy;
    if (policy == null) {
      return;
    }
    count(ClusterStat.UPSTREAM_RQ_RETRY);
    count(ClusterStat.UPSTREAM_RQ_RETRY_BACKOFF_EXPONENTIAL);
    long base = Math.max(1, policy.backoffBase().toMillis());
    long ceiling =
        Math.max(1, Math.min(policy.backoffMax().toMillis(), base << Math.min(10, attempts - 1)));
    pause =
        engine
            .loop()
            .schedule(
                this::attempt,
                ThreadLocalRandom.current().nextLong(ceiling + 1),
                TimeUnit.MILLISECONDS);
  }

  // ---- the answer ----

  @Override
  public void received(Object message) {
    lastActivity = System.nanoTime();
    if (finished) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpResponse response) {
      if (response.decoderResult().isFailure()) {
        ReferenceCountUtil.release(message);
        dropStream();
        leaveHost(Outcome.LOCAL_FAILURE);
        fail(FailureCause.BAD_RESPONSE);
        return;
      }
      int status = response.status().code();
      if (status == 101 ? !wantsUpgrade : wantsUpgrade && http2 && status / 100 == 2) {
        // Nobody asked for another protocol; or it was refused in words which HTTP/2 has for yes.
        ReferenceCountUtil.release(message);
        breakOff(FailureCause.BAD_RESPONSE, true);
        return;
      }
      if (status >= 100 && status < 200 && status != 101) {
        swallowInformational = !(message instanceof LastHttpContent);
        ReferenceCountUtil.release(message);
        client.writeAndFlush(
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, response.status(), Unpooled.EMPTY_BUFFER));
        return;
      }
      if (!answer(response, message instanceof LastHttpContent)) {
        ReferenceCountUtil.release(message);
        return;
      }
    }
    if (message instanceof HttpContent content) {
      if (swallowInformational && content instanceof LastHttpContent) {
        swallowInformational = false;
        content.release();
        return;
      }
      content(content);
    }
  }

  private boolean answer(HttpResponse response, boolean whole) {
    int status = response.status().code();
    String grpc = response.headers().get("grpc-status");
    int grpcStatus = HeadRules.number(grpc);
    Retry.Outcome outcome = new Retry.Outcome.Answered(status, grpcStatus);
    if (mayRetry(outcome)) {
      dropStream();
      leaveHost(Outcome.ofStatus(status));
      if (cluster != null) {
        cluster.stats().retried(status);
      }
      retry();
      return false;
    }
    if (attempts > 1 && retryPolicy != null && !Retry.wanted(retryPolicy, outcome)) {
      count(ClusterStat.UPSTREAM_RQ_RETRY_SUCCESS);
    }
    answered = true;
    record.answer(response);
    HttpResponse out = new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status());
    boolean switched = wantsUpgrade && status == 101;
    HeadRules.copyResponseHeaders(response.headers(), out.headers(), switched && !http2);
    if (switched && http2) {
      // RFC 8441, section 5: of HTTP/2, success is 200.
      out.setStatus(HttpResponseStatus.OK);
      out.headers().remove("sec-websocket-accept");
    }
    if (grpcWeb != null) {
      grpcWeb.answer(out.headers(), whole);
    }
    if (!http2) {
      HeadRules.frameResponse(
          out,
          isHead(),
          isHttp10(),
          whole && !(response instanceof HttpContent c && c.content().isReadable()));
      if (isHttp10() && !out.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
        keepAlive = false;
      }
    }
    finishHeaders(out.headers());
    editResponse(out.headers());
    record.responseHead(out.headers());
    endedByHead = http2 && response instanceof FullHttpResponse full && HeadRules.isBare(full);
    if (endedByHead) {
      // So that the head ends the stream: gRPC's "Trailers-Only".
      client.write(
          new DefaultFullHttpResponse(
              out.protocolVersion(),
              out.status(),
              Unpooled.EMPTY_BUFFER,
              out.headers(),
              EmptyHttpHeaders.INSTANCE));
    } else {
      client.write(out);
    }
    if (switched) {
      splice();
      return false;
    }
    return true;
  }

  private void editResponse(HttpHeaders headers) {
    if (match == null) {
      return;
    }
    HeadRules.editResponse(headers, clusterEdits, record);
    HeadRules.editResponse(headers, match.route().headerEdits(), record);
    HeadRules.editResponse(headers, match.host().headerEdits(), record);
    if (engine.routes(manager) instanceof RouteTable table) {
      HeadRules.editResponse(headers, table.configuration().headerEdits(), record);
    }
  }

  private boolean isHead() {
    return request != null && request.method().equals(HttpMethod.HEAD);
  }

  private boolean isHttp10() {
    return request != null && request.protocolVersion().equals(HttpVersion.HTTP_1_0);
  }

  private void finishHeaders(HttpHeaders headers) {
    record.responseHeaders(headers, (System.nanoTime() - attemptStart) / 1_000_000);
    answerHeaders.forEach(headers::set);
    if (record.isUpstreamAnswered()) {
      newCookies.forEach(cookie -> headers.add(HttpHeaderNames.SET_COOKIE, cookie));
    }
    if (!headers.contains(HttpHeaderNames.DATE)) {
      headers.set(HttpHeaderNames.DATE, engine.date());
    }
    if (!http2) {
      if (downstream.terms().isDraining() || engine.isDraining()) {
        keepAlive = false;
      }
      if (!keepAlive && !headers.contains(HttpHeaderNames.UPGRADE)) {
        headers.set(HttpHeaderNames.CONNECTION, "close");
      } else if (isHttp10()) {
        headers.set(HttpHeaderNames.CONNECTION, "keep-alive");
      }
    }
  }

  private void content(HttpContent content) {
    if (content.decoderResult().isFailure()) {
      content.release();
      breakOff(FailureCause.BAD_RESPONSE, true);
      return;
    }
    record.responseBytes(content.content().readableBytes());
    if (!(content instanceof LastHttpContent last)) {
      client.write(grpcWeb == null ? content : grpcWeb.answer(content));
      return;
    }
    record.trailers(last.trailingHeaders());
    UpstreamStream from = stream;
    stream = null;
    boolean reusable = requestEnded && !wantsUpgrade && record.upstreamKeepsAlive();
    if (cluster != null) {
      cluster.stats().took((System.nanoTime() - attemptStart) / 1_000_000);
    }
    leaveHost(Outcome.ofStatus(record.status()));
    // The content may be a whole response, whose head went before it.
    HttpContent end = content instanceof FullHttpResponse full ? HeadRules.contentOf(full) : last;
    if (grpcWeb != null) {
      end = grpcWeb.answer(end);
    }
    if (endedByHead) {
      end.release();
    }
    client
        .writeAndFlush(endedByHead ? Unpooled.EMPTY_BUFFER : end)
        .addListener(
            written -> {
              if (!written.isSuccess()) {
                client.close();
              }
            });
    if (from != null) {
      from.release(reusable);
    }
    end(true);
  }

  private void tunnel(Channel upstream, Host to) {
    to.connected();
    answered = true;
    HttpResponse out = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    record.answer(out);
    finishHeaders(out.headers());
    editResponse(out.headers());
    // It says nothing about what follows, which is no HTTP any more.
    out.headers().remove(HttpHeaderNames.CONNECTION);
    out.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
    out.headers().remove(HttpHeaderNames.TRANSFER_ENCODING);
    record.responseHead(out.headers());
    client.write(out);
    splice(upstream);
  }

  private void splice() {
    UpstreamStream from = stream;
    stream = null;
    if (from != null) {
      splice(from.channel());
    }
  }

  private void splice(Channel upstream) {
    client.flush();
    engine.sweep().remove(this);
    cancel(wholeTimer);
    Upgrade.splice(
        client,
        upstream,
        early,
        requestEnded && http2,
        () -> {
          leaveHost(Outcome.SUCCESS);
          end(false);
        });
  }

  @Override
  public void readComplete() {
    client.flush();
    UpstreamStream from = stream;
    if (from != null && !finished && client.isWritable()) {
      from.channel().read();
    }
  }

  @Override
  public void writabilityChanged(boolean writable) {
    if (writable) {
      readMoreOfRequest();
    }
  }

  // ---- ends ----

  private void fail(FailureCause cause) {
    if (cluster != null && match != null && request != null && !record.isSent()) {
      edited(request, match);
    }
    record.add(cause);
    reply(cause.status(), record.sentence(cause));
  }

  @Override
  public void reply(int status, String body) {
    if (request != null && RouteTable.isGrpc(this)) {
      replyGrpc(HeadRules.grpcStatus(status), body);
      return;
    }
    ByteBuf text = Unpooled.copiedBuffer(body, StandardCharsets.UTF_8);
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), text);
    if (!body.isEmpty()) {
      response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain");
    }
    local(response);
  }

  @Override
  public void preflight() {
    // It is answered by the filter alone: no route edits it.
    routed = false;
    local(
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.EMPTY_BUFFER));
  }

  @Override
  public void replyGrpc(int grpcStatus, String message) {
    local(grpcAnswer(200, grpcStatus, message));
  }

  private FullHttpResponse grpcAnswer(int status, int grpcStatus, String message) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.EMPTY_BUFFER);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, grpcWeb == null ? "application/grpc" : grpcWeb.type());
    response.headers().set("grpc-status", Integer.toString(grpcStatus));
    if (!message.isEmpty() && !isHead()) {
      response.headers().set("grpc-message", HeadRules.grpcMessage(message));
    }
    record.grpcStatus(grpcStatus);
    return response;
  }

  private void local(FullHttpResponse response) {
    if (finished || answered) {
      response.release();
      return;
    }
    answered = true;
    int size = response.content().readableBytes();
    int code = response.status().code();
    if (code == 204 || code == 304) {
      // These have no content, whatever a route says.
      response = response.replace(Unpooled.EMPTY_BUFFER);
    } else if (isHead()) {
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, size);
      response = response.replace(Unpooled.EMPTY_BUFFER);
    } else {
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, size);
      record.responseBytes(size);
    }
    response
        .headers()
        .set(
            HttpHeaderNames.SERVER,
            manager.serverName().isEmpty() ? "flotilla" : manager.serverName());
    record.localAnswer(response.status().code());
    record.reasonHeader(response.headers());
    finishHeaders(response.headers());
    if (routed) {
      editResponse(response.headers());
    }
    record.responseHead(response.headers());
    client.writeAndFlush(response);
    end(true);
  }

  private void end(boolean whole) {
    if (finished) {
      return;
    }
    close();
    if (whole && !requestEnded && !http2) {
      // The rest of the request is read and dropped, so that the connection can serve the next.
      discarding = true;
      client.read();
      return;
    }
    done.accept(whole && keepAlive);
  }

  private boolean isInternal() {
    return request != null && "true".equals(request.headers().get("x-envoy-internal"));
  }

  private static void cancel(@Nullable Future<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  /** The client closed its side. */
  void clientGone() {
    if (finished) {
      return;
    }
    record.add(FailureCause.CLIENT_GONE);
    dropStream();
    leaveHost(Outcome.SUCCESS);
    close();
  }

  private void close() {
    finished = true;
    if (placed) {
      engine.config().overload().requests().leave();
    }
    cancel(wholeTimer);
    cancel(tryTimer);
    cancel(pause);
    forgetReplay();
    early.forEach(ReferenceCountUtil::release);
    early.clear();
    endUse();
    if (cluster != null) {
      if (record.status() > 0) {
        cluster.stats().answered(record.status(), isInternal());
      }
      if (clusterPlace) {
        cluster.end();
      }
      if (retryPlace) {
        cluster.endRetry();
      }
    }
    mirrors.forEach(
        m -> {
          if (!requestEnded) {
            m.end();
          }
        });
    engine.sweep().remove(this);
    record.finish(engine);
  }

  // ---- what the filters see and do ----

  @Override
  public HttpHeaders headers() {
    return request == null ? EmptyHttpHeaders.INSTANCE : request.headers();
  }

  @Override
  public RouteTable.@Nullable Match route() {
    return match;
  }

  @Override
  public void note(FailureCause cause) {
    record.add(cause);
  }

  @Override
  public void details(String details) {
    record.details(details);
  }

  @Override
  public AccessView access() {
    return requestAccess();
  }

  private RequestAccess requestAccess() {
    RequestAccess known = access;
    if (known == null) {
      known = new RequestAccess(this, headers(), authorityAsSent(), downstream, manager);
      access = known;
    }
    return known;
  }

  @Override
  public void addMetadata(String filter, Map<String, ?> values) {
    requestAccess().addMetadata(filter, values);
  }

  @Override
  public void retarget(String pathAndQuery) {
    target = pathAndQuery;
  }

  @Override
  public void answerHeaders(Map<String, String> headers) {
    answerHeaders = headers;
  }

  @Override
  public void resume() {
    if (held && !finished && !answered) {
      pause = null;
      filter();
    }
  }

  @Override
  public void resumeAfter(Duration later) {
    pause = engine.loop().schedule(this::resume, later.toMillis(), TimeUnit.MILLISECONDS);
  }

  // ---- what the rules see ----

  @Override
  public String method() {
    return request == null ? "" : request.method().name();
  }

  @Override
  public String pathAndQuery() {
    return target;
  }

  @Override
  public String authority() {
    return authorityAsSent();
  }

  @Override
  public String scheme() {
    return downstream.tls() && engine.config().gateway() ? "https" : record.forwardedScheme();
  }

  @Override
  public @Nullable String header(String name) {
    if (request == null) {
      return null;
    }
    List<String> all = request.headers().getAll(name);
    return switch (all.size()) {
      case 0 -> null;
      case 1 -> all.getFirst();
      default -> String.join(",", all);
    };
  }

  /** Headers that peers use between themselves and that nobody else should see. */
  static void removePeerHeaders(HttpHeaders headers) {
    headers.remove(PeerHeaders.METADATA);
    headers.remove(PeerHeaders.ID);
  }
}
