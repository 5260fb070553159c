// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RouteAction;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.log.LogSource.Moment;
import io.flotilla.proxy.metrics.ClusterStat;
import io.flotilla.proxy.upstream.CircuitBreaker;
import io.flotilla.proxy.upstream.ClusterRuntime;
import io.flotilla.proxy.upstream.ClusterRuntime.Outcome;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.proxy.upstream.Origin;
import io.flotilla.proxy.upstream.Redraw;
import io.flotilla.proxy.upstream.TriedHosts;
import io.flotilla.proxy.upstream.UpstreamPool;
import io.flotilla.proxy.upstream.UpstreamStream;
import io.flotilla.rules.route.Choice;
import io.flotilla.rules.route.Retry;
import io.flotilla.rules.route.RetryRule;
import io.flotilla.rules.route.RouteTable;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Exchange} on its way to a cluster: the attempts, what limits them in time, and what
 * comes back.
 *
 * <pre>
 *   start --> attempt --> answer --> the exchange's client
 *                ^  |
 *                |  +--> failed --> the exchange's own answer
 *                +-- retry
 * </pre>
 */
final class Forwarding implements UpstreamStream.Listener, HashKey.Cookies {
  private static final Set<String> IDEMPOTENT =
      Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE");

  private final Exchange exchange;
  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private final ExchangeRecord record;
  private final HeldBody body;
  private final ClusterRuntime cluster;
  private final RouteAction.Forward action;
  private final CircuitBreaker breaker;
  private final Map<String, Object> subset;
  private final @Nullable RetryRule retries;
  private final Timeouts timeouts;
  private final UpstreamHead head;
  private final TriedHosts tried;

  private boolean replayable;
  private @Nullable HedgedAttempt hedge;
  private final List<HedgedAttempt> aside = new ArrayList<>(0);
  private List<String> newCookies = List.of();
  private @Nullable Host host;
  private @Nullable UpstreamStream stream;
  private boolean retryPlace;
  private boolean requestSent;
  private boolean inUse;
  private boolean staleRetried;
  private boolean swallowInformational;
  private boolean retriesOver;
  private List<MirrorCopy> mirrors = List.of();
  private int attempts;
  private long attemptStart;
  private long wholeStart;
  private @Nullable Future<?> wholeTimer;
  private @Nullable Future<?> tryTimer;
  private @Nullable Future<?> idleTimer;
  // When the upstream was last heard of, in this attempt.
  private long heardNanos;
  private @Nullable Future<?> pause;

  /**
   * @param body what came of the request's body so far
   * @param chosen what goes with the cluster
   */
  Forwarding(
      Exchange exchange,
      EngineState engine,
      Downstream downstream,
      HttpConnectionManager manager,
      ExchangeRecord record,
      HeldBody body,
      ClusterRuntime cluster,
      RouteAction.Forward action,
      RouteTable.Match way,
      Choice.Chosen chosen) {
    this.exchange = exchange;
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
    this.record = record;
    this.body = body;
    this.cluster = cluster;
    this.action = action;
    this.subset = chosen.subset(action.terms().subset());
    this.breaker = cluster.breaker(action.terms().highPriority());
    RetryRule rule = way.retry();
    this.retries = rule != null && rule.appliesTo(exchange) ? rule : null;
    this.replayable = (retries != null && retries.policy().maxRetries() > 0) || isIdempotent();
    this.timeouts = Timeouts.of(action, rule == null ? null : rule.policy(), exchange);
    this.tried = new TriedHosts(retries == null ? 0 : retries.policy().details().shunPriorities());
    this.head =
        new UpstreamHead(exchange, record, action, way, chosen.headerEdits(), cluster, timeouts);
  }

  /** Makes the first attempt. */
  void start() {
    if (exchange.isRequestEnded()) {
      startWholeTimer();
    }
    attempt();
  }

  private boolean isIdempotent() {
    return IDEMPOTENT.contains(exchange.method());
  }

  // ---- the request's body ----

  /** Copies a part of the body to the mirrors. */
  void mirror(HttpContent part) {
    for (MirrorCopy mirror : mirrors) {
      mirror.body(part.retainedDuplicate());
    }
  }

  /** The request came wholly: from now on its answer is waited for. */
  void requestEnded() {
    startWholeTimer();
  }

  /** Whether an upstream takes the body. */
  boolean isStreaming() {
    return stream != null;
  }

  /** A part of the body; taken over. */
  void body(HttpContent part) {
    UpstreamStream to = stream;
    if (to == null || exchange.wantsUpgrade()) {
      body.add(part);
      return;
    }
    if (replayable) {
      if (body.fits(part.content().readableBytes())) {
        body.add(part.retainedDuplicate());
      } else {
        replayable = false;
        body.release();
      }
    }
    boolean last = part instanceof LastHttpContent;
    to.write(part);
    if (last) {
      record.at(Moment.US_TX_END);
      to.flush();
    }
  }

  void flush() {
    UpstreamStream to = stream;
    if (to != null) {
      to.flush();
    }
  }

  /** Whether more of the body can be taken now. */
  boolean hasRoom() {
    UpstreamStream to = stream;
    return to == null || exchange.wantsUpgrade() ? body.hasRoom() : to.isWritable();
  }

  /** The client takes more of the answer. */
  void readMore() {
    UpstreamStream from = stream;
    if (from != null) {
      from.read();
    }
  }

  // ---- an attempt ----

  private void attempt() {
    if (exchange.isFinished()) {
      return;
    }
    pause = null;
    attempts++;
    record.attempts(attempts);
    attemptStart = System.nanoTime();
    record.at(Moment.US_CX_BEG);
    requestSent = false;
    Optional<Host> chosen =
        cluster.choose(downstream.captive(), subset, cluster.hashes() ? hashKey() : null, redraw());
    if (chosen.isEmpty()) {
      count(ClusterStat.UPSTREAM_CX_NONE_HEALTHY);
      exchange.fail(
          cluster.cluster().discovery() instanceof Discovery.OriginalDestination
              ? FailureCause.BLOCKED
              : FailureCause.NO_HEALTHY_UPSTREAM);
      return;
    }
    Host target = chosen.get();
    host = target;
    tried.add(target);
    if (attempts == 1 && !exchange.wantsUpgrade() && !action.mirrors().isEmpty()) {
      startMirrors();
    }
    target.started();
    record.host(target);
    Duration limit = timeouts.perTry();
    if (!limit.isZero()) {
      tryTimer = engine.loop().schedule(this::tryTimedOut, limit.toMillis(), TimeUnit.MILLISECONDS);
    }
    if (exchange.wantsTunnel()) {
      connectTunnel(target);
    } else {
      connect(target);
    }
  }

  private @Nullable Redraw redraw() {
    RetryRule rule = retries;
    if (attempts == 1 || rule == null) {
      return null;
    }
    RetryPolicy policy = rule.policy();
    return new Redraw(
        tried, target -> isUnwanted(policy, target), Math.max(1, policy.hostSelectionAttempts()));
  }

  private boolean isUnwanted(RetryPolicy policy, Host target) {
    Map<String, Object> has = target.endpoint().metadata();
    Map<String, Object> omit = policy.details().omitMetadata();
    return policy.avoidPreviousHosts() && tried.contains(target)
        || policy.details().omitCanaries() && Boolean.TRUE.equals(has.get("canary"))
        || !omit.isEmpty() && has.entrySet().containsAll(omit.entrySet());
  }

  private void connect(Host target) {
    int mine = attempts;
    engine
        .pool()
        .acquire(
            cluster,
            target,
            protocol(cluster, target),
            alpn(cluster),
            downstream.origin(),
            action.terms().highPriority(),
            listener(target),
            ready -> {
              if (isPast(mine, target)) {
                // Nothing was sent on it: the next may have it.
                ready.release(!ready.http2());
                return;
              }
              send(ready);
            },
            cause -> {
              if (!isPast(mine, target)) {
                notConnected(cause);
              }
            });
  }

  private void connectTunnel(Host target) {
    int mine = attempts;
    engine
        .pool()
        .connectTcp(
            cluster,
            target,
            tunnelOrigin(),
            new ChannelInboundHandlerAdapter(),
            ready -> {
              if (isPast(mine, target)) {
                ready.close();
                return;
              }
              target.connected();
              exchange.tunnelOpened();
              splice(ready);
            },
            cause -> {
              if (!isPast(mine, target)) {
                notConnected(cause);
              }
            });
  }

  // To listeners of the proxy itself the tunnel is a connection to its authority.
  private Origin tunnelOrigin() {
    return manager.filters().contains(new HttpFilter.ConnectAuthority())
        ? downstream.tunnelled(HeadRules.address(exchange.authority()))
        : downstream.origin();
  }

  private UpstreamStream.Listener listener(Host target) {
    if (!action.terms().hedgeOnTimeout()) {
      return this;
    }
    HedgedAttempt made = new HedgedAttempt(this, target, attemptStart);
    hedge = made;
    return made;
  }

  private boolean isPast(int attempt, Host target) {
    return exchange.isFinished() || retriesOver || attempt != attempts || host != target;
  }

  private @Nullable Long hashKey() {
    if (action.hashPolicies().isEmpty()) {
      return null;
    }
    newCookies = new ArrayList<>();
    return HashKey.of(
        action.hashPolicies(), exchange, head.edited(), this, downstream.remote().getAddress());
  }

  @Override
  public String newCookie(String name, String path, Duration ttl) {
    String value = HeadRules.cookieValue(downstream);
    newCookies.add(HeadRules.cookie(name, value, path, ttl));
    return value;
  }

  /** The cookies that the choice of an endpoint gives to the client, as Set-Cookie says them. */
  List<String> newCookies() {
    return newCookies;
  }

  private UpstreamPool.Protocol protocol(ClusterRuntime to, Host target) {
    if (exchange.wantsUpgrade()) {
      return UpstreamPool.Protocol.HTTP1;
    }
    return switch (to.cluster().http()) {
      case HTTP1 -> UpstreamPool.Protocol.HTTP1;
      case HTTP2 -> UpstreamPool.Protocol.HTTP2;
      case SAME_AS_DOWNSTREAM ->
          exchange.isHttp2() ? UpstreamPool.Protocol.HTTP2 : UpstreamPool.Protocol.HTTP1;
      case AUTO ->
          to.tls(target).isPresent() ? UpstreamPool.Protocol.ALPN : UpstreamPool.Protocol.HTTP1;
    };
  }

  private List<String> alpn(ClusterRuntime to) {
    for (HttpFilter filter : manager.filters()) {
      if (filter instanceof HttpFilter.Alpn a) {
        boolean h2 =
            !exchange.wantsUpgrade()
                && (to.cluster().http() == Cluster.HttpUpstream.HTTP2
                    || to.cluster().http() == Cluster.HttpUpstream.SAME_AS_DOWNSTREAM
                        && exchange.isHttp2());
        return a.overrides().getOrDefault(h2 ? "h2" : "http/1.1", List.of());
      }
    }
    return List.of();
  }

  private void startMirrors() {
    mirrors = new ArrayList<>();
    for (RouteAction.Mirror mirror : action.mirrors()) {
      ClusterRuntime to = engine.clusters().get(mirror.cluster()).orElse(null);
      Host at =
          to != null && Choice.happens(mirror.fraction(), Exchange.random())
              ? to.choose(downstream.captive(), Map.of(), null, null).orElse(null)
              : null;
      if (to != null && at != null) {
        MirrorCopy copy =
            new MirrorCopy(
                engine, to, at, protocol(to, at), alpn(to), head.mirrored(at, mirror.marked()));
        mirrors.add(copy);
        // What a filter held back came before there was a copy.
        body.copy(copy::body);
      }
    }
  }

  private void send(UpstreamStream to) {
    to.host().connected();
    if (!breaker.tryRequest()) {
      to.release(!to.http2());
      leaveHost(Outcome.SUCCESS);
      exchange.fail(FailureCause.OVERFLOW);
      return;
    }
    stream = to;
    requestSent = true;
    record.upstream(to.connection(), to.http2());
    record.at(Moment.US_TX_BEG);
    count(ClusterStat.UPSTREAM_RQ_TOTAL);
    inUse = true;
    count(ClusterStat.UPSTREAM_RQ_ACTIVE);
    exchange.touch();
    to.write(head.of(to.host(), attempts, spent()));
    if (exchange.wantsUpgrade()) {
      // What it says in the other protocol stays here until the upstream agrees to it.
      to.write(LastHttpContent.EMPTY_LAST_CONTENT);
    } else if (replayable) {
      body.copy(to::write);
    } else {
      body.hand(to::write);
    }
    if (exchange.isRequestEnded()) {
      record.at(Moment.US_TX_END);
    }
    to.flush();
    heardNanos = System.nanoTime();
    watchSilence();
    to.read();
    exchange.readMoreOfRequest();
  }

  private Duration spent() {
    return attempts == 1 || wholeStart == 0
        ? Duration.ZERO
        : Duration.ofNanos(System.nanoTime() - wholeStart);
  }

  /** Notes the headers that would have been sent, where nothing was. */
  void noteUnsent() {
    if (!record.isSent()) {
      head.edited();
    }
  }

  // ---- what goes wrong ----

  private void notConnected(Throwable cause) {
    if (cause instanceof UpstreamPool.Overflow) {
      leaveHost(Outcome.SUCCESS);
      exchange.fail(FailureCause.OVERFLOW);
      return;
    }
    record.upstreamError(cause);
    leaveHost(Outcome.LOCAL_FAILURE);
    retryOr(new Retry.Outcome.NotConnected(), FailureCause.CONNECT_FAILED);
  }

  @Override
  public void broken(boolean refused) {
    if (exchange.isFinished()) {
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
    if (exchange.isAnswered()) {
      exchange.breakOff(FailureCause.UPSTREAM_RESET);
      return;
    }
    retryOr(
        refused ? new Retry.Outcome.Refused() : new Retry.Outcome.Reset(requestSent),
        FailureCause.UPSTREAM_RESET);
  }

  private boolean isStale(@Nullable UpstreamStream old, boolean refused) {
    return old != null
        && old.reused()
        && !exchange.isAnswered()
        && !staleRetried
        && replayable
        && (refused || isIdempotent());
  }

  private void startWholeTimer() {
    Duration limit = timeouts.whole();
    if (wholeTimer == null && !exchange.isFinished() && !limit.isZero()) {
      wholeStart = System.nanoTime();
      wholeTimer = engine.loop().schedule(this::timedOut, limit.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void watchSilence() {
    long limit = timeouts.perTryIdle().toNanos();
    if (limit > 0) {
      idleTimer = engine.loop().schedule(this::checkSilence, limit, TimeUnit.NANOSECONDS);
    }
  }

  private void checkSilence() {
    long left = timeouts.perTryIdle().toNanos() - (System.nanoTime() - heardNanos);
    if (exchange.isFinished() || stream == null) {
      return;
    }
    if (left > 0) {
      idleTimer = engine.loop().schedule(this::checkSilence, left, TimeUnit.NANOSECONDS);
      return;
    }
    count(ClusterStat.UPSTREAM_RQ_PER_TRY_IDLE_TIMEOUT);
    leave(Outcome.LOCAL_FAILURE);
    if (exchange.isAnswered()) {
      exchange.breakOff(FailureCause.UPSTREAM_TIMEOUT);
    } else {
      retryOr(new Retry.Outcome.TimedOut(), FailureCause.UPSTREAM_TIMEOUT);
    }
  }

  private void tryTimedOut() {
    if (exchange.isFinished() || exchange.isAnswered()) {
      return;
    }
    count(ClusterStat.UPSTREAM_RQ_PER_TRY_TIMEOUT);
    UpstreamStream late = stream;
    if (hedge != null && late != null && retries != null && exchange.isRequestEnded()) {
      hedge(hedge, late, retries);
      return;
    }
    leave(Outcome.LOCAL_FAILURE);
    retryOr(new Retry.Outcome.TimedOut(), FailureCause.UPSTREAM_TIMEOUT);
  }

  private void timedOut() {
    if (exchange.isFinished()) {
      return;
    }
    List.copyOf(aside).forEach(this::end);
    count(ClusterStat.UPSTREAM_RQ_TIMEOUT);
    leave(Outcome.LOCAL_FAILURE);
    exchange.breakOff(FailureCause.UPSTREAM_TIMEOUT);
  }

  // ---- hedging ----

  private void hedge(HedgedAttempt late, UpstreamStream its, RetryRule rule) {
    cluster.outcome(late.host(), Outcome.LOCAL_FAILURE);
    if (!mayRetry(rule, true)) {
      // It may still answer in the time of the whole.
      return;
    }
    late.putAside(its);
    aside.add(late);
    // Its place among the requests, and at the endpoint, is its own from now on.
    stream = null;
    host = null;
    inUse = false;
    cancel(idleTimer);
    idleTimer = null;
    retry(rule.policy(), Optional.empty());
  }

  /** What was put aside is answered. */
  void answered(HedgedAttempt late, HttpResponse response) {
    int grpcStatus = HeadRules.number(response.headers().get("grpc-status"));
    RetryRule rule = retries;
    boolean unwanted =
        rule != null
            && rule.wants(
                new Retry.Outcome.Answered(response.status().code(), grpcStatus),
                new AnswerView(response));
    if (unwanted && (host != null || pause != null || aside.size() > 1)) {
      ReferenceCountUtil.release(response);
      end(late);
      return;
    }
    aside.remove(late);
    leave(Outcome.SUCCESS);
    cancel(pause);
    pause = null;
    stream = late.takeBack();
    host = late.host();
    inUse = true;
    attemptStart = late.startNanos();
    record.host(late.host());
    // No other is wanted any more, whatever this one says.
    retriesOver = true;
    received(response);
  }

  /** What was put aside broke. */
  void lost(HedgedAttempt late) {
    end(late);
    if (!isAwaited() && !exchange.isFinished()) {
      exchange.fail(FailureCause.UPSTREAM_RESET);
    }
  }

  private boolean isAwaited() {
    return host != null || pause != null || !aside.isEmpty();
  }

  private void end(HedgedAttempt late) {
    if (aside.remove(late)) {
      UpstreamStream its = late.takeBack();
      if (its != null) {
        its.release(false);
      }
      late.host().ended();
      breaker.requestEnded();
      cluster.stats().subtract(ClusterStat.UPSTREAM_RQ_ACTIVE);
    }
  }

  private void badAnswer() {
    leave(Outcome.LOCAL_FAILURE);
    exchange.breakOff(FailureCause.BAD_RESPONSE);
  }

  /** Gives the attempt up, through no fault of its endpoint. */
  void abandon() {
    leave(Outcome.SUCCESS);
  }

  private void leave(Outcome outcome) {
    UpstreamStream old = stream;
    stream = null;
    if (old != null) {
      old.release(false);
    }
    leaveHost(outcome);
  }

  private void leaveHost(Outcome outcome) {
    endUse();
    Host old = host;
    host = null;
    cancel(tryTimer);
    tryTimer = null;
    cancel(idleTimer);
    idleTimer = null;
    if (old != null) {
      old.ended();
      cluster.outcome(old, outcome);
    }
  }

  private void endUse() {
    if (inUse) {
      inUse = false;
      breaker.requestEnded();
      cluster.stats().subtract(ClusterStat.UPSTREAM_RQ_ACTIVE);
    }
  }

  private void count(ClusterStat what) {
    cluster.stats().add(what);
  }

  // ---- retries ----

  private boolean mayRetry(RetryRule rule, boolean wanted) {
    giveRetryBack();
    if (!wanted) {
      return false;
    }
    if (attempts > rule.policy().maxRetries()) {
      count(ClusterStat.UPSTREAM_RQ_RETRY_LIMIT_EXCEEDED);
      record.add(FailureCause.RETRIES_EXHAUSTED);
      return false;
    }
    if (!replayable) {
      return false;
    }
    if (!breaker.tryRetry()) {
      record.add(FailureCause.OVERFLOW);
      return false;
    }
    retryPlace = true;
    return true;
  }

  private void giveRetryBack() {
    if (retryPlace) {
      retryPlace = false;
      breaker.retryEnded();
    }
  }

  private void retryOr(Retry.Outcome outcome, FailureCause cause) {
    RetryRule rule = retries;
    if (rule == null || !mayRetry(rule, rule.wants(outcome))) {
      if (aside.isEmpty()) {
        exchange.fail(cause);
      }
      return;
    }
    retry(rule.policy(), Optional.empty());
  }

  private void retry(RetryPolicy policy, Optional<Duration> told) {
    count(ClusterStat.UPSTREAM_RQ_RETRY);
    if (told.isPresent()) {
      count(ClusterStat.UPSTREAM_RQ_RETRY_BACKOFF_RATELIMITED);
      // Not all of them at the same moment, and none before.
      long least = told.get().toMillis();
      pause(least + ThreadLocalRandom.current().nextLong(Math.max(1, least / 2)));
      return;
    }
    count(ClusterStat.UPSTREAM_RQ_RETRY_BACKOFF_EXPONENTIAL);
    long base = Math.max(1, policy.backoffBase().toMillis());
    long ceiling =
        Math.max(1, Math.min(policy.backoffMax().toMillis(), base << Math.min(10, attempts - 1)));
    pause(ThreadLocalRandom.current().nextLong(ceiling + 1));
  }

  private void pause(long millis) {
    pause = engine.loop().schedule(this::attempt, millis, TimeUnit.MILLISECONDS);
  }

  /** Whether it waits before the next attempt. */
  boolean isPausing() {
    return pause != null;
  }

  // ---- the answer ----

  @Override
  public void received(Object message) {
    if (idleTimer != null) {
      heardNanos = System.nanoTime();
    }
    exchange.touch();
    if (exchange.isFinished()) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpResponse response && !head(response)) {
      ReferenceCountUtil.release(message);
      return;
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

  // Whether what follows is of the answer.
  private boolean head(HttpResponse response) {
    record.received(response);
    boolean wantsUpgrade = exchange.wantsUpgrade();
    if (response.decoderResult().isFailure()) {
      badAnswer();
      return false;
    }
    int status = response.status().code();
    if (status == 101 ? !wantsUpgrade : wantsUpgrade && exchange.isHttp2() && status / 100 == 2) {
      // Nobody asked for another protocol; or it was refused in words which HTTP/2 has for yes.
      badAnswer();
      return false;
    }
    if (status >= 100 && status < 200 && status != 101) {
      swallowInformational = !(response instanceof LastHttpContent);
      exchange.informational(response.status());
      return false;
    }
    if (isRetried(response)) {
      return false;
    }
    List.copyOf(aside).forEach(this::end);
    exchange.answer(response);
    if (status == 101) {
      UpstreamStream from = stream;
      stream = null;
      if (from != null) {
        splice(from.connection());
      }
      return false;
    }
    return true;
  }

  private boolean isRetried(HttpResponse response) {
    RetryRule rule = retries;
    if (rule == null || retriesOver) {
      return false;
    }
    int status = response.status().code();
    int grpcStatus = HeadRules.number(response.headers().get("grpc-status"));
    AnswerView answer = new AnswerView(response);
    boolean wanted = rule.wants(new Retry.Outcome.Answered(status, grpcStatus), answer);
    if (mayRetry(rule, wanted)) {
      leave(Outcome.ofStatus(status));
      cluster.stats().retried(status);
      retry(rule.policy(), rule.pause(answer, Instant.now()));
      return true;
    }
    if (wanted && !aside.isEmpty()) {
      // One of those may do better.
      leave(Outcome.ofStatus(status));
      return true;
    }
    if (attempts > 1 && !wanted) {
      count(ClusterStat.UPSTREAM_RQ_RETRY_SUCCESS);
    }
    return false;
  }

  private void content(HttpContent content) {
    record.firstAt(Moment.US_RX_BODY_BEG);
    if (content.decoderResult().isFailure()) {
      content.release();
      badAnswer();
      return;
    }
    if (!(content instanceof LastHttpContent last)) {
      exchange.answerPart(content);
      return;
    }
    record.at(Moment.US_RX_END);
    UpstreamStream from = stream;
    stream = null;
    boolean reusable =
        exchange.isRequestEnded() && !exchange.wantsUpgrade() && record.upstreamKeepsAlive();
    cluster.stats().took(attemptMillis());
    leaveHost(Outcome.ofStatus(record.status()));
    // The content may be a whole response, whose head went before it.
    exchange.answerEnd(content instanceof FullHttpResponse full ? HeadRules.contentOf(full) : last);
    if (from != null) {
      from.release(reusable);
    }
    exchange.end(true);
  }

  /** Since the last attempt began. */
  long attemptMillis() {
    return (System.nanoTime() - attemptStart) / 1_000_000;
  }

  private void splice(Channel upstream) {
    cancel(wholeTimer);
    exchange.splice(
        upstream,
        () -> {
          leaveHost(Outcome.SUCCESS);
          exchange.end(false);
        });
  }

  @Override
  public void readComplete() {
    UpstreamStream from = stream;
    if (exchange.flushAnswer() && from != null) {
      from.read();
    }
  }

  @Override
  public void writabilityChanged(boolean writable) {
    if (writable) {
      exchange.readMoreOfRequest();
    }
  }

  // ---- the end ----

  /** The exchange is over. */
  void close() {
    cancel(wholeTimer);
    cancel(tryTimer);
    cancel(idleTimer);
    cancel(pause);
    List.copyOf(aside).forEach(this::end);
    endUse();
    if (record.status() > 0) {
      cluster.stats().answered(record.status(), exchange.isInternal());
    }
    giveRetryBack();
    if (!exchange.isRequestEnded()) {
      mirrors.forEach(MirrorCopy::end);
    }
  }

  private static void cancel(@Nullable Future<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }
}
