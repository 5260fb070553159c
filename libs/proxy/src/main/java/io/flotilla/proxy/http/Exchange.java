// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.route.RouteAction;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.proxy.filter.RequestFilter;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.internal.Sweep;
import io.flotilla.proxy.log.LogSource.Moment;
import io.flotilla.proxy.metrics.HttpStat;
import io.flotilla.proxy.metrics.PeerHeaders;
import io.flotilla.proxy.upstream.ClusterRuntime;
import io.flotilla.rules.policy.AccessView;
import io.flotilla.rules.route.Choice;
import io.flotilla.rules.route.Rewrite;
import io.flotilla.rules.route.RouteTable;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer.
 *
 * <pre>
 *   head --> route --> filters --> forwarding --> answer --> end
 *              |         |             |
 *              +---------+-------------+--> local reply --> end
 * </pre>
 *
 * All of it runs on the engine's event loop.
 */
final class Exchange implements FilteredRequest, Sweep.Timed {
  private static final int MAX_DISCARDED_BYTES = 1024 * 1024;
  private static final int MILLION = 1_000_000;
  private static final Duration DEFAULT_IDLE = Duration.ofMinutes(5);

  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private final ClientSide client;
  private final boolean http2;
  private final Consumer<Boolean> done;
  private final ExchangeRecord record;
  private final HeldBody held = new HeldBody();
  private final long idleNanos;

  private @Nullable HttpRequest request;
  private String target = "/";
  private boolean keepAlive = true;
  private boolean requestEnded;
  private boolean answered;
  private boolean finished;
  private boolean placed;
  private boolean discarding;
  private long discarded;
  private @Nullable GrpcWebBridge grpcWeb;
  // Another protocol is asked for. What the client says in it is held until the upstream agrees:
  // before that, an upstream of HTTP/1 would take it for a request.
  private boolean wantsUpgrade;
  // By CONNECT (RFC 9110, section 9.3.6): the upstream is TCP, and it agrees by being there.
  private boolean wantsTunnel;

  private Choice.Chosen choice = Choice.NONE;
  private Optional<ClusterRuntime> runtime = Optional.empty();
  private boolean routed;
  private RouteTable.@Nullable Match match;
  private List<RequestFilter> filters = List.of();
  private int nextFilter;
  private boolean filtering;
  private @Nullable RequestAccess access;
  private @Nullable Forwarding forwarding;
  private boolean endedByHead;
  private Map<String, String> answerHeaders = Map.of();
  private long lastActivity = System.nanoTime();
  private @Nullable Future<?> pause;
  private @Nullable BodyWish wish;
  private @Nullable Runnable onGone;
  private final List<Consumer<HttpHeaders>> answerEdits = new ArrayList<>();

  /**
   * @param client that answers go to
   * @param done told once whether the connection may go on
   */
  Exchange(
      EngineState engine,
      Downstream downstream,
      HttpConnectionManager manager,
      ClientSide client,
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
    if (finished
        || now - lastActivity < idleNanos
        || (filtering && wish == null)
        || (forwarding != null && forwarding.isPausing())) {
      return;
    }
    keepAlive = false;
    giveUp(FailureCause.STREAM_IDLE);
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
    wantsTunnel = head.method().equals(HttpMethod.CONNECT);
    Optional<HeadRules.NormalPath> path =
        HeadRules.normalize(
            parsed.pathAndQuery(), wantsTunnel ? PathNormalization.NONE : manager.paths());
    target = path.map(HeadRules.NormalPath::pathAndQuery).orElse(parsed.pathAndQuery());
    record.target(parsed.authority().toLowerCase(Locale.ROOT), target);
    if (path.isEmpty()) {
      keepAlive = false;
      fail(FailureCause.BAD_REQUEST);
      return;
    }
    if (path.get().redirect()) {
      redirect(HttpResponseStatus.TEMPORARY_REDIRECT, target);
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
    RouteTable table = routes();
    long begun = record.clock();
    match = table == null ? null : table.match(this, Exchange::random).orElse(null);
    record.routed(begun);
    if (match != null) {
      record.route(match);
      if (match.route().action() instanceof RouteAction.Forward f) {
        routed = true;
        chooseCluster(f);
      }
    }
  }

  static int random() {
    return ThreadLocalRandom.current().nextInt(MILLION);
  }

  private void filter() {
    while (nextFilter < filters.size()) {
      filtering = true;
      if (!filters.get(nextFilter++).apply(this)) {
        return;
      }
    }
    filtering = false;
    act();
  }

  private void act() {
    RouteTable.Match found = match;
    record.count(HttpStat.RQ_TOTAL);
    if (found == null) {
      record.count(HttpStat.NO_ROUTE);
      record.details("route_not_found");
      fail(FailureCause.NO_ROUTE);
      return;
    }
    routed = true;
    switch (found.route().action()) {
      case RouteAction.Forward f -> forward(f, found);
      case RouteAction.DirectResponse d -> {
        record.count(HttpStat.RQ_DIRECT_RESPONSE);
        record.details("direct_response");
        reply(d.status(), d.body());
      }
      case RouteAction.NonForwarding n -> fail(FailureCause.NO_ROUTE);
      case RouteAction.Redirect r -> {
        record.count(HttpStat.RQ_REDIRECT);
        redirect(
            HttpResponseStatus.valueOf(r.status()),
            Rewrite.location(r, found.rewrite(), this, authority()));
      }
    }
  }

  private void redirect(HttpResponseStatus status, String location) {
    boolean grpc = RouteTable.isGrpc(this);
    FullHttpResponse response =
        grpc
            ? grpcAnswer(200, HeadRules.grpcStatus(status.code()), "")
            : new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
    response.headers().set(HttpHeaderNames.LOCATION, location);
    local(response);
  }

  private void chooseCluster(RouteAction.Forward action) {
    Optional<Choice.Chosen> chosen =
        Choice.cluster(action.cluster(), this, ThreadLocalRandom.current().nextInt());
    runtime = chosen.flatMap(c -> engine.clusters().get(c.cluster()));
    chosen.ifPresent(
        c -> {
          record.cluster(c.cluster());
          choice = c;
        });
    runtime.ifPresent(r -> record.clusterModel(r.cluster()));
  }

  private void forward(RouteAction.Forward action, RouteTable.Match found) {
    if (wantsTunnel && !action.upgrades().contains(RouteAction.Forward.CONNECT)) {
      record.details("upgrade_failed");
      reply(403, "");
      return;
    }
    if (runtime.isEmpty()) {
      record.count(HttpStat.NO_CLUSTER);
      record.add(FailureCause.NO_CLUSTER);
      reply(action.terms().missingClusterStatus(), record.sentence(FailureCause.NO_CLUSTER));
      return;
    }
    forwarding =
        new Forwarding(
            this, engine, downstream, manager, record, held, runtime.get(), action, found, choice);
    forwarding.start();
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
    record.at(Moment.DS_RX_END);
    lastActivity = System.nanoTime();
    Forwarding way = forwarding;
    if (way != null) {
      way.mirror(content);
    }
    if (last) {
      requestEnded = true;
      if (way != null) {
        way.requestEnded();
      }
    }
    if (finished || answered && (way == null || !way.isStreaming())) {
      content.release();
      discarded += size;
      if (discarding && (last || discarded > MAX_DISCARDED_BYTES)) {
        discarding = false;
        done.accept(last && keepAlive);
      }
      return;
    }
    if (way == null) {
      held.add(content);
      collect();
    } else {
      way.body(content);
    }
  }

  private void collect() {
    BodyWish wanted = wish;
    if (wanted == null || !wanted.isMet(held, requestEnded)) {
      return;
    }
    wish = null;
    if (wanted.isTooLong(held)) {
      record.details("request_payload_too_large");
      reply(413, "Payload Too Large");
      return;
    }
    wanted.then().accept(held.show(wanted.largest()));
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
    giveUp(FailureCause.BAD_REQUEST);
  }

  private void refuseText() {
    requestEnded = true;
    keepAlive = false;
    abandon();
    record.add(FailureCause.BAD_REQUEST);
    local(
        grpcAnswer(400, HeadRules.grpcStatus(400), "the body of a gRPC-Web request is not base64"));
  }

  /** A read of the client's channel ended: flush what came, and read on if there is room for it. */
  void readMoreOfRequest() {
    Forwarding way = forwarding;
    if (way != null) {
      way.flush();
    }
    if (!requestEnded && (finished || (way == null ? hasRoom() : way.hasRoom()))) {
      client.read();
    }
  }

  private boolean hasRoom() {
    return held.hasRoom() || (wish != null && !wish.isMet(held, false));
  }

  /** The client's channel takes more again. */
  void readMoreOfAnswer() {
    if (forwarding != null && !finished) {
      forwarding.readMore();
    }
  }

  // ---- the answer ----

  /** Something came or went: the request is not idle. */
  void touch() {
    lastActivity = System.nanoTime();
  }

  /** Passes an answer on that is followed by another one, such as 100 or 103. */
  void informational(HttpResponseStatus status) {
    client.write(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER));
    client.flush();
  }

  /** Passes the head of the upstream's answer on. */
  void answer(HttpResponse response) {
    boolean whole = response instanceof LastHttpContent;
    answered = true;
    record.at(Moment.DS_TX_BEG);
    record.answer(response);
    HttpResponse out = new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status());
    boolean switched = response.status().code() == 101;
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
    answerEdits.forEach(edit -> edit.accept(out.headers()));
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
  }

  private void editResponse(HttpHeaders headers) {
    if (match == null || !routed) {
      return;
    }
    HeadRules.editResponse(headers, choice.headerEdits(), record);
    HeadRules.editResponse(headers, match.route().headerEdits(), record);
    HeadRules.editResponse(headers, match.host().headerEdits(), record);
    RouteTable table = routes();
    if (table != null) {
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
    Forwarding way = forwarding;
    record.responseHeaders(headers, way == null ? 0 : way.attemptMillis());
    answerHeaders.forEach(headers::set);
    if (way != null && record.isUpstreamAnswered()) {
      way.newCookies().forEach(cookie -> headers.add(HttpHeaderNames.SET_COOKIE, cookie));
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

  /** Passes a part of the answer's body on, which is not the last; taken over. */
  void answerPart(HttpContent content) {
    record.responseBytes(content.content().readableBytes());
    client.write(grpcWeb == null ? content : grpcWeb.answer(content));
  }

  /** Passes the last part of the answer on; taken over. */
  void answerEnd(LastHttpContent last) {
    record.responseBytes(last.content().readableBytes());
    record.trailers(last.trailingHeaders());
    HttpContent end = grpcWeb == null ? last : grpcWeb.answer(last);
    if (endedByHead) {
      end.release();
      client.flush();
    } else {
      client.writeLast(end);
    }
  }

  /** Sends the client what came of the answer; says whether it takes more. */
  boolean flushAnswer() {
    client.flush();
    return !finished && client.isWritable();
  }

  /** Tells the client that its tunnel is open. */
  void tunnelOpened() {
    answered = true;
    HttpResponse out = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    record.answer(out);
    finishHeaders(out.headers());
    editResponse(out.headers());
    answerEdits.forEach(edit -> edit.accept(out.headers()));
    // It says nothing about what follows, which is no HTTP any more.
    out.headers().remove(HttpHeaderNames.CONNECTION);
    out.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
    out.headers().remove(HttpHeaderNames.TRANSFER_ENCODING);
    record.responseHead(out.headers());
    client.write(out);
  }

  /**
   * Makes one byte stream of the client and the upstream.
   *
   * @param ended runs once, when both are gone
   */
  void splice(Channel upstream, Runnable ended) {
    client.flush();
    engine.sweep().remove(this);
    client.splice(upstream, held.bytes(), requestEnded && http2, ended);
  }

  // ---- ends ----

  /** Answers in the upstream's place, which did not. */
  void fail(FailureCause cause) {
    if (forwarding != null) {
      forwarding.noteUnsent();
    }
    record.add(cause);
    reply(cause.status(), record.sentence(cause));
  }

  /**
   * Ends the exchange before its time: with an answer of ours, or, where the upstream's has begun,
   * by closing the connection, which alone tells the client that it is not whole.
   */
  void breakOff(FailureCause cause) {
    if (answered) {
      record.add(cause);
      client.close();
      end(false);
    } else {
      fail(cause);
    }
  }

  private void giveUp(FailureCause cause) {
    abandon();
    breakOff(cause);
  }

  private void abandon() {
    if (forwarding != null) {
      forwarding.abandon();
    }
  }

  @Override
  public void reply(int status, String body) {
    reply(status, body, headers -> {});
  }

  @Override
  public void reply(int status, String body, Consumer<HttpHeaders> edit) {
    reply(status, HeadRules.grpcStatus(status), body, edit);
  }

  @Override
  public void reply(int status, int grpcStatus, String body, Consumer<HttpHeaders> edit) {
    if (request != null && RouteTable.isGrpc(this)) {
      FullHttpResponse answer = grpcAnswer(200, grpcStatus, body);
      HttpHeaders own = answer.headers().copy();
      edit.accept(answer.headers());
      own.forEach(header -> answer.headers().set(header.getKey(), header.getValue()));
      local(answer);
      return;
    }
    ByteBuf text = Unpooled.copiedBuffer(body, StandardCharsets.UTF_8);
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), text);
    edit.accept(response.headers());
    if (body.isEmpty()) {
      response.headers().remove(HttpHeaderNames.CONTENT_TYPE);
    } else if (!response.headers().contains(HttpHeaderNames.CONTENT_TYPE)) {
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
    record.at(Moment.DS_TX_BEG);
    record.reasonHeader(response.headers());
    finishHeaders(response.headers());
    editResponse(response.headers());
    HttpHeaders headers = response.headers();
    answerEdits.forEach(edit -> edit.accept(headers));
    record.responseHead(response.headers());
    client.writeLast(response);
    end(true);
  }

  /**
   * The exchange is over.
   *
   * @param whole whether the answer is
   */
  void end(boolean whole) {
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

  /** The client closed its side. */
  void clientGone() {
    if (finished) {
      return;
    }
    record.add(FailureCause.CLIENT_GONE);
    abandon();
    close();
  }

  private void close() {
    finished = true;
    if (placed) {
      engine.config().overload().requests().leave();
    }
    if (pause != null) {
      pause.cancel(false);
    }
    wish = null;
    Runnable told = onGone;
    onGone = null;
    if (told != null) {
      told.run();
    }
    held.release();
    if (forwarding != null) {
      forwarding.close();
    }
    engine.sweep().remove(this);
    record.at(Moment.DS_TX_END);
    record.finish(engine);
  }

  // ---- what its forwarding sees ----

  /** The head; there is one wherever there is a {@link Forwarding}. */
  HttpRequest request() {
    return Objects.requireNonNull(request);
  }

  @Nullable RouteTable routes() {
    return engine.routes(manager);
  }

  boolean isHttp2() {
    return http2;
  }

  boolean wantsUpgrade() {
    return wantsUpgrade;
  }

  boolean wantsTunnel() {
    return wantsTunnel;
  }

  boolean isRequestEnded() {
    return requestEnded;
  }

  boolean isAnswered() {
    return answered;
  }

  boolean isFinished() {
    return finished;
  }

  boolean isInternal() {
    return "true".equals(headers().get("x-envoy-internal"));
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
      known = new RequestAccess(this, headers(), authority(), downstream, manager);
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
  public Downstream connection() {
    return downstream;
  }

  @Override
  public String id() {
    return record.requestId();
  }

  @Override
  public String protocol() {
    return http2 ? "HTTP/2" : isHttp10() ? "HTTP/1.0" : "HTTP/1.1";
  }

  @Override
  public List<FilterOverride> overrides(String filter) {
    RouteTable.Match way = match;
    RouteTable table = routes();
    if (way == null || table == null) {
      return List.of();
    }
    List<FilterOverride> out = new ArrayList<>();
    for (Map<String, FilterOverride> scope :
        List.of(
            table.configuration().filters(),
            way.host().filters(),
            way.route().filters(),
            choice.filters())) {
      FilterOverride each = scope.get(filter);
      if (each != null) {
        out.add(each);
      }
    }
    return out;
  }

  @Override
  public boolean hasBody() {
    return request != null && !wantsUpgrade && HeadRules.hasBody(request, http2);
  }

  @Override
  public void collectBody(int largest, boolean partial, Consumer<Body> then) {
    wish = new BodyWish(largest, partial, then);
    collect();
  }

  @Override
  public void onGone(Runnable then) {
    onGone = then;
  }

  @Override
  public void onAnswer(Consumer<HttpHeaders> edit) {
    answerEdits.add(edit);
  }

  @Override
  public void count(String stat, boolean cluster) {
    record.count(stat);
    if (cluster) {
      runtime.ifPresent(r -> r.stats().count(stat));
    }
  }

  @Override
  public @Nullable String cluster() {
    return runtime.map(r -> r.cluster().name()).orElse(null);
  }

  @Override
  public void countOfCluster(String stat) {
    runtime.ifPresent(r -> r.stats().count(stat));
  }

  @Override
  public void chargeCluster(int status) {
    runtime.ifPresent(r -> r.stats().answered(status, isInternal()));
  }

  @Override
  public void answerHeaders(Map<String, String> headers) {
    answerHeaders = headers;
  }

  @Override
  public void resume() {
    if (filtering && !finished && !answered) {
      pause = null;
      onGone = null;
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
    return request == null ? "" : HeadRules.target(request).authority();
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

  @Override
  public List<String> headers(String name) {
    return headers().getAll(name);
  }

  /** Headers that peers use between themselves and that nobody else should see. */
  static void removePeerHeaders(HttpHeaders headers) {
    headers.remove(PeerHeaders.METADATA);
    headers.remove(PeerHeaders.ID);
  }
}
