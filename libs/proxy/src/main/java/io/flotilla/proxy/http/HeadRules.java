// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.listener.PathNormalization.EscapedSlashes;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.RouteAction;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.upstream.XxHash64;
import io.flotilla.rules.Paths;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.route.EditRule;
import io.flotilla.rules.route.GrpcTimeout;
import io.flotilla.rules.route.RouteTable;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What happens to the heads of requests and answers on their way through. */
final class HeadRules {
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "upgrade",
          "http2-settings");

  private static final Set<String> FRAMING = Set.of("content-length", "transfer-encoding", "host");

  /** What no header "connection" can take away. */
  private static final Set<String> OF_THE_MESSAGE =
      Set.of("close", "host", "content-length", "transfer-encoding", "trailer");

  private static final AsciiString FORWARDED_FOR = AsciiString.cached("x-forwarded-for");
  private static final AsciiString FORWARDED_PROTO = AsciiString.cached("x-forwarded-proto");
  private static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");
  private static final AsciiString CLIENT_CERT = AsciiString.cached("x-forwarded-client-cert");

  // What Netty's own translation of HTTP/2 would take for its own.
  private static final String NETTY = "x-http2-";
  private static final AsciiString[] OF_NETTY = {
    AsciiString.cached("x-http2-scheme"),
    AsciiString.cached("x-http2-stream-id"),
    AsciiString.cached("x-http2-stream-weight"),
    AsciiString.cached("x-http2-stream-dependency-id"),
    AsciiString.cached("x-http2-path")
  };

  private HeadRules() {}

  private static boolean isOfNetty(CharSequence name) {
    return AsciiString.regionMatches(name, true, 0, NETTY, 0, NETTY.length());
  }

  // By length first: nearly all others end there.
  private static boolean isHopByHop(CharSequence name) {
    return switch (name.length()) {
      case 2, 7, 10, 14, 16, 18, 19 ->
          HOP_BY_HOP.contains(name.toString().toLowerCase(Locale.ROOT));
      default -> false;
    };
  }

  /** Where a request wants to go. */
  record Target(String authority, String pathAndQuery) {}

  /**
   * Whether both sides will read the same request (RFC 9112, section 6.3): one length, one framing,
   * one host.
   */
  static boolean isUnambiguous(HttpRequest head, boolean http2) {
    HttpHeaders headers = head.headers();
    if (headers.getAll(HttpHeaderNames.CONTENT_LENGTH).size() > 1) {
      return false;
    }
    List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!encodings.isEmpty() && !http2) {
      if (encodings.size() > 1
          || !encodings.getFirst().equalsIgnoreCase("chunked")
          || headers.contains(HttpHeaderNames.CONTENT_LENGTH)
          || head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
        return false;
      }
    }
    if (!http2 && (!isVersion1(head) || carriesHiddenBody(headers) || !isTarget(head))) {
      return false;
    }
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    boolean hostNeeded = !head.protocolVersion().equals(HttpVersion.HTTP_1_0);
    return hosts.size() == 1
        ? Http2HeadRules.isAuthority(hosts.getFirst())
        : hosts.isEmpty() && !hostNeeded;
  }

  private static boolean isVersion1(HttpRequest head) {
    return head.protocolVersion().equals(HttpVersion.HTTP_1_1)
        || head.protocolVersion().equals(HttpVersion.HTTP_1_0);
  }

  // The drafts before RFC 6455 had eight bytes after the head that no header announces; the codec
  // still reads them so, and nobody else does.
  private static boolean carriesHiddenBody(HttpHeaders headers) {
    return headers.contains("sec-websocket-key1") || headers.contains("sec-websocket-key2");
  }

  /** Whether the target has one of the four forms (RFC 9112, section 3.2), and the method fits. */
  private static boolean isTarget(HttpRequest head) {
    String method = head.method().name();
    String uri = head.uri();
    if (!Http2HeadRules.isToken(method)
        || !Http2HeadRules.isVisible(uri)
        || uri.indexOf('#') >= 0) {
      return false;
    }
    if (method.equals("CONNECT")) {
      // Content of it has no meaning (RFC 9110, section 9.3.6), nor an end that both sides see.
      return !uri.isEmpty()
          && Http2HeadRules.isAuthority(uri)
          && !head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
          && head.headers().get(HttpHeaderNames.CONTENT_LENGTH, "0").equals("0");
    }
    if (uri.startsWith("/")) {
      return true;
    }
    if (uri.equals("*")) {
      return method.equals("OPTIONS");
    }
    String lower = uri.substring(0, Math.min(8, uri.length())).toLowerCase(Locale.ROOT);
    if (!lower.startsWith("http://") && !lower.startsWith("https://")) {
      return false;
    }
    String authority = target(head).authority();
    return !authority.isEmpty() && Http2HeadRules.isAuthority(authority);
  }

  /** Whether content follows the head, or may. */
  static boolean hasBody(HttpRequest head, boolean http2) {
    if (head instanceof FullHttpMessage full) {
      return full.content().isReadable();
    }
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    return http2
        || length != null && !length.equals("0")
        || head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
  }

  static boolean isKeepAlive(HttpRequest head) {
    return HttpUtil.isKeepAlive(head);
  }

  /** The target, also of a request in absolute form (RFC 9112, section 3.2.2). */
  static Target target(HttpRequest head) {
    String uri = head.uri();
    if (head.method().equals(HttpMethod.CONNECT)) {
      return new Target(uri, "");
    }
    String host = head.headers().get(HttpHeaderNames.HOST, "");
    int scheme = uri.indexOf("://");
    if (scheme > 0 && !uri.startsWith("/")) {
      int start = scheme + 3;
      int slash = uri.indexOf('/', start);
      int query = uri.indexOf('?', start);
      int end = slash < 0 ? query : query < 0 ? slash : Math.min(slash, query);
      if (end < 0) {
        return new Target(uri.substring(start), "/");
      }
      String rest = uri.substring(end);
      return new Target(uri.substring(start, end), rest.startsWith("/") ? rest : "/" + rest);
    }
    return new Target(host, uri.isEmpty() ? "/" : uri);
  }

  /**
   * The path in its normal form (RFC 3986, section 6.2.2), with double slashes merged if wanted;
   * empty: it leaves its root or holds a bad escape.
   */
  static Optional<NormalPath> normalize(String pathAndQuery, PathNormalization how) {
    String unescaped =
        how.escapedSlashes() == EscapedSlashes.KEEP
            ? pathAndQuery
            : Paths.unescapeSlashes(pathAndQuery);
    boolean escaped = !unescaped.equals(pathAndQuery);
    if (escaped && how.escapedSlashes() == EscapedSlashes.REJECT) {
      return Optional.empty();
    }
    return (how.normalize() ? Paths.normalize(unescaped) : Optional.of(unescaped))
        .map(path -> how.mergeSlashes() ? Paths.mergeSlashes(path) : path)
        .map(
            path ->
                new NormalPath(
                    path, escaped && how.escapedSlashes() == EscapedSlashes.UNESCAPE_AND_REDIRECT));
  }

  /**
   * A path as it counts.
   *
   * @param redirect whether the client is to ask for it itself
   */
  record NormalPath(String pathAndQuery, boolean redirect) {}

  /** What this proxy adds to and takes from a request before routes are looked at. */
  static void requestHeaders(
      HttpHeaders headers,
      Downstream downstream,
      HttpConnectionManager manager,
      ExchangeRecord record) {
    dropNamedByConnection(headers);
    for (AsciiString each : OF_NETTY) {
      headers.remove(each);
    }
    if (manager.useRemoteAddress()) {
      String ip = NetUtil.toAddressString(downstream.remote().getAddress());
      String known = headers.get(FORWARDED_FOR);
      headers.set(FORWARDED_FOR, known == null ? ip : known + "," + ip);
      headers.set(FORWARDED_PROTO, downstream.tls() ? "https" : "http");
      Exchange.removePeerHeaders(headers);
    } else if (!headers.contains(FORWARDED_PROTO)) {
      headers.set(FORWARDED_PROTO, "http");
    }
    String id = headers.get(REQUEST_ID);
    if (id == null || id.length() > 256) {
      id = requestId();
      headers.set(REQUEST_ID, id);
    }
    record.requestId(id);
    forwardedClientCert(headers, downstream, manager);
  }

  // Nobody is kept out by it, so that it need not be unguessable: a random UUID of version 4.
  private static String requestId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = random.nextLong() & ~0xf000L | 0x4000L;
    long low = random.nextLong() & ~(0b11L << 62) | 0b10L << 62;
    return new UUID(high, low).toString();
  }

  private static void forwardedClientCert(
      HttpHeaders headers, Downstream downstream, HttpConnectionManager manager) {
    AsciiString name = CLIENT_CERT;
    String mine = downstream.clientCert();
    switch (manager.forwardClientCert()) {
      case SANITIZE -> headers.remove(name);
      case SANITIZE_SET -> {
        headers.remove(name);
        if (mine != null) {
          headers.set(name, mine);
        }
      }
      case APPEND_FORWARD -> {
        String known = headers.get(name);
        if (mine == null) {
          headers.remove(name);
        } else {
          headers.set(name, known == null ? mine : known + "," + mine);
        }
      }
      case FORWARD_ONLY -> {
        if (downstream.peer().isEmpty()) {
          headers.remove(name);
        }
      }
      case ALWAYS_FORWARD_ONLY -> {}
    }
  }

  /**
   * Copies what is meant for the upstream; case and order stay.
   *
   * @param host the value of the host header
   * @param upgrading whether another protocol is asked for
   */
  static void copyRequestHeaders(HttpHeaders from, HttpHeaders to, String host, boolean upgrading) {
    // What the client's header "connection" named went on arrival; by now these names may be those
    // of headers which this proxy vouches for.
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (AsciiString.contentEqualsIgnoreCase(name, HttpHeaderNames.HOST)) {
        to.add(name, host);
      } else if (AsciiString.contentEqualsIgnoreCase(name, HttpHeaderNames.TE)
          && AsciiString.contains(header.getValue(), "trailers")) {
        to.add(name, "trailers");
      } else if (!isHopByHop(name)) {
        to.add(name, header.getValue());
      }
    }
    if (!to.contains(HttpHeaderNames.HOST)) {
      to.set(HttpHeaderNames.HOST, host);
    }
    if (upgrading) {
      to.set(HttpHeaderNames.CONNECTION, "Upgrade");
      to.set(HttpHeaderNames.UPGRADE, from.get(HttpHeaderNames.UPGRADE));
    }
  }

  /**
   * Whether the client asks for another protocol that is allowed here. With a body, nobody could
   * tell where that ends and the other protocol begins: such a request is served as it is.
   */
  static boolean isUpgrade(HttpRequest head, List<String> upgrades) {
    HttpHeaders headers = head.headers();
    String upgrade = headers.get(HttpHeaderNames.UPGRADE);
    return upgrade != null
        && upgrades.contains(upgrade.toLowerCase(Locale.ROOT))
        && namedByConnection(headers).contains("upgrade")
        && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
        && headers.get(HttpHeaderNames.CONTENT_LENGTH, "0").equals("0");
  }

  /** Copies what is meant for the client; case and order stay. */
  static void copyResponseHeaders(HttpHeaders from, HttpHeaders to, boolean upgraded) {
    Set<String> named = namedByConnection(from);
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (!isHopByHop(name)
          && !isOfNetty(name)
          && (named.isEmpty() || !named.contains(name.toString().toLowerCase(Locale.ROOT)))) {
        to.add(name, header.getValue());
      }
    }
    if (upgraded) {
      to.set(HttpHeaderNames.CONNECTION, "Upgrade");
      to.set(HttpHeaderNames.UPGRADE, from.get(HttpHeaderNames.UPGRADE, "websocket"));
    }
  }

  // They are for this hop and do not reach the upstream: nor may a policy go by them.
  private static void dropNamedByConnection(HttpHeaders headers) {
    for (String name : namedByConnection(headers)) {
      if (!name.isEmpty() && !HOP_BY_HOP.contains(name) && !OF_THE_MESSAGE.contains(name)) {
        headers.remove(name);
      }
    }
  }

  private static Set<String> namedByConnection(HttpHeaders headers) {
    List<String> values = headers.getAll(HttpHeaderNames.CONNECTION);
    if (values.isEmpty()) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    for (String value : values) {
      for (String name : value.split(",")) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    // Whoever could have these removed would decide where the message ends, or who gets it.
    names.removeAll(FRAMING);
    return names;
  }

  /** Gives an HTTP/1 answer a length that its client can see. */
  static void frameResponse(HttpResponse out, boolean head, boolean http10, boolean empty) {
    int status = out.status().code();
    boolean bodiless = head || status < 200 || status == 204 || status == 304;
    if (bodiless
        || out.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
        || HttpUtil.isTransferEncodingChunked(out)) {
      if (http10 && HttpUtil.isTransferEncodingChunked(out)) {
        out.headers().remove(HttpHeaderNames.TRANSFER_ENCODING);
      }
      return;
    }
    if (empty) {
      out.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
    } else if (!http10) {
      out.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    }
  }

  static void editRequest(HttpHeaders headers, HeaderEdits edits, ExchangeRecord record) {
    if (!edits.isEmpty()) {
      EditRule.request(edits, new Editable(headers), record::substitute);
    }
  }

  static void editResponse(HttpHeaders headers, HeaderEdits edits, ExchangeRecord record) {
    if (!edits.isEmpty()) {
      EditRule.response(edits, new Editable(headers), record::substitute);
    }
  }

  /** The headers as the rules change them. Routes may rewrite the host, but not pseudo headers. */
  private record Editable(HttpHeaders headers) implements EditRule.Headers {
    @Override
    public boolean has(String name) {
      return headers.contains(plain(name));
    }

    @Override
    public void add(String name, String value) {
      headers.add(plain(name), value);
    }

    @Override
    public void set(String name, String value) {
      headers.set(plain(name), value);
    }

    @Override
    public void remove(String name) {
      headers.remove(plain(name));
    }

    private static String plain(String name) {
      return name.equals(":authority") ? "host" : name;
    }
  }

  /** The whole exchange's timeout: the route's, or what a gRPC client asks for within its bound. */
  static Optional<Duration> timeout(RouteAction.Forward forward, RequestView request) {
    String asked = request.header("grpc-timeout");
    if (forward.maxGrpcTimeout().isPresent() && RouteTable.isGrpc(request)) {
      Duration bound = forward.maxGrpcTimeout().get();
      Duration wanted = GrpcTimeout.parse(asked).orElse(Duration.ZERO);
      boolean within = !wanted.isZero() && wanted.compareTo(bound) < 0;
      return Optional.of(bound.isZero() || within ? wanted : bound);
    }
    return forward.timeout();
  }

  /** Whether there is no limit but what a gRPC client asks for, so that it needs no telling. */
  static boolean isClientsOwn(RouteAction.Forward forward) {
    return forward.timeout().filter(Duration::isZero).isPresent()
        && forward.maxGrpcTimeout().filter(Duration::isZero).isPresent();
  }

  /** What a generated cookie says: which connection it was made for. */
  static String cookieValue(Downstream downstream) {
    String ends =
        downstream.remote().getAddress().getHostAddress()
            + ":"
            + downstream.remote().getPort()
            + downstream.original().getAddress().getHostAddress()
            + ":"
            + downstream.original().getPort();
    return Long.toHexString(XxHash64.hash(ends, 0));
  }

  /** A cookie of this proxy's own, which scripts may not read. */
  static String cookie(String name, String value, String path, Duration ttl) {
    StringBuilder b = new StringBuilder(name).append("=\"").append(value).append('"');
    if (!ttl.isZero()) {
      b.append("; Max-Age=").append(ttl.toSeconds());
    }
    if (!path.isEmpty()) {
      b.append("; Path=").append(path);
    }
    return b.append("; HttpOnly").toString();
  }

  /** The number, or -1. */
  static int number(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > 4) {
      return -1;
    }
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** The gRPC status of an HTTP one (gRPC, "HTTP to gRPC Status Code Mapping"). */
  static int grpcStatus(int http) {
    return switch (http) {
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> 14;
      default -> 2;
    };
  }

  /** Percent-encoded as grpc-message wants it. */
  static String grpcMessage(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') {
        out.append((char) b);
      } else {
        out.append(String.format("%%%02X", b));
      }
    }
    return out.toString();
  }

  /** Whether a whole message is a head alone. */
  static boolean isBare(FullHttpMessage full) {
    return !full.content().isReadable() && full.trailingHeaders().isEmpty();
  }

  /** The content and trailers of a whole message, without its head. */
  static LastHttpContent contentOf(FullHttpMessage full) {
    DefaultLastHttpContent last = new DefaultLastHttpContent(full.content());
    last.trailingHeaders().add(full.trailingHeaders());
    return last;
  }

  /** The address that an authority is; port 0 of no address where it is a name. */
  static InetSocketAddress address(String authority) {
    int colon = authority.lastIndexOf(':');
    byte[] ip =
        colon < 0 || !PORT.matcher(authority.substring(colon + 1)).matches()
            ? null
            : NetUtil.createByteArrayFromIpAddressString(authority.substring(0, colon));
    int port = ip == null ? 0 : Integer.parseInt(authority.substring(colon + 1));
    try {
      return ip == null || port > 65_535
          ? new InetSocketAddress("0.0.0.0", 0)
          : new InetSocketAddress(InetAddress.getByAddress(ip), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four or sixteen bytes are an address", e);
    }
  }
}
