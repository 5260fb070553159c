// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import io.flotilla.agent.dns.DnsQuery.Fault;
import io.flotilla.agent.dns.DnsQuery.RefusedException;
import io.flotilla.model.dns.NameTable;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A DNS server for one workload (Istio's agent, ISTIO_META_DNS_CAPTURE): names of the mesh are
 * answered from {@link #names}, with the addresses in a new order each time and a short life;
 * everything else is passed on to the machine's resolvers. Before the first table comes, all
 * queries fail, so that no client learns that a service does not exist.
 */
public final class DnsProxy implements AutoCloseable {
  private static final int MAX_QUERY = 4096;
  private static final int MAX_CONNECTIONS = 128;
  private static final int MAX_PIPELINED = 32;
  private static final int IDLE_SECONDS = 30;
  private static final int STOP_SECONDS = 5;

  private final NioEventLoopGroup loop =
      new NioEventLoopGroup(1, new DefaultThreadFactory("flotilla-dns", true));
  private final DnsCounters counters = new DnsCounters();
  private final DnsSettings settings;
  private final DnsForwarder forwarder;
  private final List<InetSocketAddress> addresses = new ArrayList<>();
  private volatile @Nullable Names names;
  private int connections;

  private DnsProxy(DnsSettings settings) {
    this.settings = settings;
    this.forwarder =
        new DnsForwarder(
            loop.next(),
            settings.servers().stream().filter(s -> !settings.addresses().contains(s)).toList(),
            settings.parallel(),
            settings.timeout(),
            settings.maxOutstanding(),
            counters);
  }

  /**
   * Starts listening.
   *
   * @throws IOException naming the address that cannot be bound; none is then
   */
  public static DnsProxy open(DnsSettings settings) throws IOException {
    DnsProxy proxy = new DnsProxy(settings);
    try {
      for (InetSocketAddress address : settings.addresses()) {
        proxy.listen(address);
      }
      return proxy;
    } catch (IOException e) {
      proxy.close();
      throw e;
    }
  }

  private void listen(InetSocketAddress address) throws IOException {
    Bootstrap udp =
        new Bootstrap()
            .group(loop)
            .channel(NioDatagramChannel.class)
            // One byte more than a query may have tells those that have.
            .option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_QUERY + 1))
            .handler(new Datagrams());
    ServerBootstrap tcp =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    admit(channel);
                  }
                });
    Channel bound = bound(tcp.bind(address), "TCP", address);
    InetSocketAddress at = (InetSocketAddress) bound.localAddress();
    addresses.add(at);
    bound(udp.bind(at), "UDP", at);
  }

  private static Channel bound(ChannelFuture binding, String protocol, InetSocketAddress address)
      throws IOException {
    binding.awaitUninterruptibly();
    if (!binding.isSuccess()) {
      throw new IOException(
          "the DNS proxy cannot listen on "
              + address.getAddress().getHostAddress()
              + ":"
              + address.getPort()
              + " by "
              + protocol
              + ": "
              + binding.cause().getMessage(),
          binding.cause());
    }
    return binding.channel();
  }

  /** Where it listens. */
  public List<InetSocketAddress> addresses() {
    return List.copyOf(addresses);
  }

  /** Takes a new table of names. */
  public void names(NameTable table) {
    names = new Names(table, settings.namespace(), settings.domain(), settings.search());
  }

  /** Whether a table of names has come. */
  public boolean isReady() {
    return names != null;
  }

  /** Its counters in the Prometheus text format. */
  public String metrics() {
    Names known = names;
    return counters.text(known == null ? 0 : known.size());
  }

  @Override
  public void close() {
    // Its channels are closed with it.
    loop.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private void serve(ByteBuf in, boolean tcp, Consumer<ByteBuf> reply) {
    counters.requests.increment();
    if (in.readableBytes() > MAX_QUERY) {
      counters.refused(Fault.TOO_LONG);
      reply.accept(DnsAnswers.error(in, DnsAnswers.FORMAT_ERROR));
      return;
    }
    DnsQuery query;
    try {
      query = DnsQuery.parse(in);
    } catch (RefusedException e) {
      counters.refused(e.fault());
      reply.accept(e.code() == 0 ? Unpooled.EMPTY_BUFFER : DnsAnswers.error(in, e.code()));
      return;
    }
    Names known = names;
    if (known == null) {
      reply.accept(DnsAnswers.error(query, DnsAnswers.SERVER_FAILURE));
      return;
    }
    Names.Found found =
        query.asksForAddresses()
            ? known.find(query.name(), query.type() == DnsQuery.TYPE_AAAA)
            : null;
    if (found != null) {
      counters.local.increment();
      reply.accept(answer(query, known, found, tcp));
      return;
    }
    byte[] message = ByteBufUtil.getBytes(in, in.readerIndex(), query.length());
    forwarder.ask(query, message, tcp, answer -> reply.accept(Unpooled.wrappedBuffer(answer)));
  }

  private static ByteBuf answer(DnsQuery query, Names known, Names.Found found, boolean tcp) {
    List<byte[]> shuffled = found.addresses();
    if (shuffled.size() > 1) {
      shuffled = new ArrayList<>(shuffled);
      Collections.shuffle(shuffled, ThreadLocalRandom.current());
    }
    int aliased = found.alias() ? labels(query.question(), known.searchLabels()) : 0;
    return DnsAnswers.addresses(query, aliased, shuffled, tcp);
  }

  /** How many bytes of a question's name come before its last {@code behind} labels. */
  private static int labels(byte[] question, int behind) {
    List<Integer> starts = new ArrayList<>();
    for (int at = 0; question[at] != 0; at += question[at] + 1) {
      starts.add(at);
    }
    return starts.get(starts.size() - behind);
  }

  private final class Datagrams extends SimpleChannelInboundHandler<DatagramPacket> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
      InetSocketAddress from = packet.sender();
      if (from.getPort() == 0) {
        counters.refused(Fault.MALFORMED);
        return;
      }
      serve(
          packet.content(),
          false,
          answer -> {
            if (answer.isReadable()) {
              ctx.writeAndFlush(new DatagramPacket(answer, from), ctx.voidPromise());
            }
          });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      // A client that went away before its answer came; the socket serves the others.
      ctx.read();
    }
  }

  /** Of a client that opens ever more connections the oldest stay. */
  private void admit(Channel channel) {
    if (connections >= MAX_CONNECTIONS) {
      counters.refused(Fault.OVERLOAD);
      channel.close();
      return;
    }
    connections++;
    channel.closeFuture().addListener(closed -> connections--);
    channel
        .pipeline()
        .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
        .addLast(new LengthFieldBasedFrameDecoder(DnsAnswers.MAX_TCP + 2, 0, 2, 0, 2))
        .addLast(new LengthFieldPrepender(2))
        .addLast(new Messages());
  }

  /** One connection: answers come as they are ready, by id (RFC 7766). */
  private final class Messages extends SimpleChannelInboundHandler<ByteBuf> {
    private int pending;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
      if (++pending >= MAX_PIPELINED) {
        ctx.channel().config().setAutoRead(false);
      }
      serve(
          message,
          true,
          answer -> {
            pending--;
            if (!answer.isReadable()) {
              ctx.close();
              return;
            }
            ctx.writeAndFlush(answer);
            if (pending < MAX_PIPELINED && ctx.channel().isWritable()) {
              ctx.channel().config().setAutoRead(true);
            }
          });
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      ctx.channel().config().setAutoRead(ctx.channel().isWritable() && pending < MAX_PIPELINED);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
