// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture.istiod;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.AttributeKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Everybody whom a scenario's proxy may meet. Each place says by JSON who it is and what it got; it
 * speaks HTTP/1, HTTP/2 and, to whatever else comes first, one line of its own; with TLS or
 * without, as it is spoken to.
 *
 * <p>Asked as an authorization service (Envoy's ext_authz by gRPC), each lets requests pass that do
 * not say "refuse-me".
 *
 * <p>Arguments: a file with a line for each place ("address port name"), and the folder of
 * certificates ("name.crt", "name.key", "ca.crt"). A place without a certificate takes no TLS. A
 * request's {@code x-do} names the statuses that its attempts get, by commas.
 */
public final class World {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final AttributeKey<String> SNI = AttributeKey.valueOf("sni");
  private static final AttributeKey<String> PROXIED = AttributeKey.valueOf("proxied");
  private static final ApplicationProtocolConfig PROTOCOLS =
      new ApplicationProtocolConfig(
          ApplicationProtocolConfig.Protocol.ALPN,
          ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
          ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
          "istio-h2",
          "istio-http/1.1",
          "istio",
          "h2",
          "http/1.1");
  private static final Map<String, Integer> ATTEMPTS = new ConcurrentHashMap<>();

  private World() {}

  /** Serves until its input ends. */
  public static void main(String[] arguments) throws Exception {
    Path certificates = Path.of(arguments[1]);
    NioEventLoopGroup group = new NioEventLoopGroup(1);
    Map<String, SslContext> contexts = new ConcurrentHashMap<>();
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      String[] place = line.split(" ");
      SslContext tls = null;
      if (Files.exists(certificates.resolve(place[2] + ".crt"))) {
        tls = contexts.computeIfAbsent(place[2], name -> context(certificates, name));
      }
      new ServerBootstrap()
          .group(group)
          .channel(NioServerSocketChannel.class)
          .childHandler(new Reception(place[2], tls))
          .bind(place[0], Integer.parseInt(place[1]))
          .sync();
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {
      continue;
    }
    System.exit(0);
  }

  private static SslContext context(Path folder, String name) {
    try {
      return SslContextBuilder.forServer(
              folder.resolve(name + ".crt").toFile(), folder.resolve(name + ".key").toFile())
          .sslProvider(SslProvider.OPENSSL)
          .trustManager(folder.resolve("ca.crt").toFile())
          .clientAuth(ClientAuth.OPTIONAL)
          .applicationProtocolConfig(PROTOCOLS)
          .build();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static final class Reception extends ChannelInitializer<Channel> {
    private final String name;
    private final @Nullable SslContext tls;

    Reception(String name, @Nullable SslContext tls) {
      this.name = name;
      this.tls = tls;
    }

    @Override
    protected void initChannel(Channel channel) {
      channel.pipeline().addLast(new ProxyHeader());
      if (tls != null) {
        channel.pipeline().addLast(new TlsOrNot(tls));
      }
      channel.pipeline().addLast(new Sniffer(name, tls));
    }
  }

  /** A header of the PROXY protocol is noted and taken away. */
  private static final class ProxyHeader extends ByteToMessageDecoder {
    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      if (in.readableBytes() < 4) {
        return;
      }
      int first = in.getInt(in.readerIndex());
      if (first == 0x0D0A0D0A || first == 0x50524F58) {
        context.pipeline().addAfter(context.name(), "proxied", new Noter());
        context.pipeline().addAfter(context.name(), "header", new HAProxyMessageDecoder());
      }
      context.pipeline().remove(this);
    }
  }

  private static final class Noter extends SimpleChannelInboundHandler<HAProxyMessage> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, HAProxyMessage message) {
      context
          .channel()
          .attr(PROXIED)
          .set(message.protocolVersion() + " " + message.sourceAddress());
    }
  }

  private static final class TlsOrNot extends ByteToMessageDecoder {
    private static final int HANDSHAKE = 22;

    private final SslContext tls;

    TlsOrNot(SslContext tls) {
      this.tls = tls;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      if (in.getByte(in.readerIndex()) == HANDSHAKE) {
        SniHandler names =
            new SniHandler(
                (name, promise) -> {
                  if (name != null) {
                    context.channel().attr(SNI).set(name);
                  }
                  return promise.setSuccess(tls);
                });
        context.pipeline().addAfter(context.name(), "names", names);
      }
      context.pipeline().remove(this);
    }
  }

  private static final class Sniffer extends ByteToMessageDecoder {
    private final String name;
    private final @Nullable SslContext tls;

    Sniffer(String name, @Nullable SslContext tls) {
      this.name = name;
      this.tls = tls;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      if (in.readableBytes() < 4) {
        return;
      }
      String first = in.toString(in.readerIndex(), 4, StandardCharsets.US_ASCII);
      ChannelPipeline pipeline = context.pipeline();
      if (tls != null && in.getByte(in.readerIndex()) == TlsOrNot.HANDSHAKE) {
        // What a gateway passed on as it was, within its own mutual TLS.
        pipeline.addLast(tls.newHandler(context.alloc()));
        pipeline.addLast(new Sniffer(name, tls));
      } else if (first.equals("PRI ")) {
        pipeline.addLast(Http2FrameCodecBuilder.forServer().build());
        pipeline.addLast(
            new Http2MultiplexHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel stream) {
                    stream
                        .pipeline()
                        .addLast(new Http2StreamFrameToHttpObjectCodec(true))
                        .addLast(new HttpObjectAggregator(1 << 20))
                        .addLast(new Answers(name, context.channel(), "HTTP/2"));
                  }
                }));
      } else if (first.matches("(GET|HEAD|POST|PUT|DELE|OPTI|PATC)\\s?.*")) {
        pipeline.addLast(new HttpServerCodec());
        pipeline.addLast(new HttpObjectAggregator(1 << 20));
        pipeline.addLast(new Answers(name, context.channel(), "HTTP/1"));
      } else {
        pipeline.addLast(new Line(name));
      }
      pipeline.remove(this);
    }
  }

  private static final class Line extends SimpleChannelInboundHandler<ByteBuf> {
    private final String name;

    Line(String name) {
      this.name = name;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
      ObjectNode said = about(name, context.channel());
      said.put("protocol", "TCP");
      said.put("got", message.toString(StandardCharsets.ISO_8859_1).strip());
      context.writeAndFlush(ByteBufUtil.writeUtf8(context.alloc(), said + "\n"));
    }
  }

  private static final class Answers extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final String name;
    private final Channel connection;
    private final String protocol;

    Answers(String name, Channel connection, String protocol) {
      this.name = name;
      this.connection = connection;
      this.protocol = protocol;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      if (request.uri().equals("/envoy.service.auth.v3.Authorization/Check")) {
        context.writeAndFlush(authorization(request));
        return;
      }
      ObjectNode said = about(name, connection);
      said.put("protocol", protocol);
      said.put("method", request.method().name());
      said.put("path", request.uri());
      ObjectNode headers = said.putObject("headers");
      request.headers().forEach(h -> headers.put(h.getKey().toLowerCase(), h.getValue()));
      int status = 200;
      String wanted = request.headers().get("x-do");
      if (wanted != null) {
        List<String> all = List.of(wanted.split(","));
        int attempt =
            ATTEMPTS.merge(request.headers().get("x-request-id", "none"), 1, Integer::sum);
        said.put("attempt", attempt);
        status = Integer.parseInt(all.get(Math.min(attempt, all.size()) - 1));
      }
      ByteBuf body = Unpooled.copiedBuffer(said + "\n", StandardCharsets.UTF_8);
      FullHttpResponse response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), body);
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
          .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
          .set("x-pod", name);
      String id = request.headers().get("x-http2-stream-id");
      if (id != null) {
        response.headers().set("x-http2-stream-id", id);
      }
      context.writeAndFlush(response);
    }
  }

  /**
   * A CheckResponse: status OK, or PERMISSION_DENIED where what is asked about says "refuse-me".
   */
  private static FullHttpResponse authorization(FullHttpRequest request) {
    boolean refused = request.content().toString(StandardCharsets.ISO_8859_1).contains("refuse-me");
    byte[] message = refused ? new byte[] {0x0a, 0x02, 0x08, 0x07} : new byte[] {0x0a, 0x00};
    ByteBuf body = Unpooled.buffer().writeByte(0).writeInt(message.length).writeBytes(message);
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/grpc");
    response.trailingHeaders().set("grpc-status", "0");
    return response;
  }

  private static ObjectNode about(String name, Channel connection) {
    ObjectNode said = JSON.createObjectNode();
    InetSocketAddress here = (InetSocketAddress) connection.localAddress();
    InetSocketAddress there = (InetSocketAddress) connection.remoteAddress();
    said.put("pod", name);
    said.put("address", here.getAddress().getHostAddress());
    said.put("port", here.getPort());
    said.put("from", there.getAddress().getHostAddress());
    String proxied = connection.attr(PROXIED).get();
    if (proxied != null) {
      said.put("proxied", proxied);
    }
    SslHandler tls = connection.pipeline().get(SslHandler.class);
    said.put("tls", tls != null);
    if (tls != null) {
      said.put("alpn", tls.applicationProtocol());
      said.put("peer", peer(tls.engine().getSession()));
      said.put("sni", connection.attr(SNI).get());
    }
    return said;
  }

  private static String peer(SSLSession session) {
    try {
      X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
      return String.valueOf(leaf.getSubjectAlternativeNames().iterator().next().get(1));
    } catch (SSLPeerUnverifiedException e) {
      return "";
    } catch (java.security.cert.CertificateParsingException e) {
      return e.toString();
    }
  }
}
