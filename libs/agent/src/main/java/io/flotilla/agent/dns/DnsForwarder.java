// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import io.flotilla.agent.dns.DnsQuery.Fault;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Passes queries on to resolvers as they came, over the transport that they came by, under an id
 * and from a port that nobody can guess, and takes only what comes from the resolver's own address,
 * with that id and that question. A resolver that fails, or is too slow, or says that it cannot
 * tell, gives way to the next; or all are asked at once, and the first good answer counts.
 */
final class DnsForwarder {
  private static final int MAX_MESSAGE = DnsAnswers.MAX_TCP;
  private static final int FLAG_RESPONSE = 0x8000;
  private static final int CODE = 0x000f;
  private static final int NAME_ERROR = 3;

  private final EventLoop loop;
  private final List<InetSocketAddress> servers;
  private final boolean parallel;
  private final Duration timeout;
  private final int maxOutstanding;
  private final DnsCounters counters;
  private final SecureRandom random = new SecureRandom();
  private int outstanding;

  DnsForwarder(
      EventLoop loop,
      List<InetSocketAddress> servers,
      boolean parallel,
      Duration timeout,
      int maxOutstanding,
      DnsCounters counters) {
    this.loop = loop;
    this.servers = List.copyOf(servers);
    this.parallel = parallel;
    this.timeout = timeout;
    this.maxOutstanding = maxOutstanding;
    this.counters = counters;
  }

  /**
   * Asks. On the event loop.
   *
   * @param message the query as it came
   * @param done gets the answer under the query's id, on the event loop
   */
  void ask(DnsQuery query, byte[] message, boolean tcp, Consumer<byte[]> done) {
    if (outstanding >= maxOutstanding) {
      counters.refused(Fault.OVERLOAD);
      done.accept(ByteBufUtil.getBytes(DnsAnswers.error(query, DnsAnswers.SERVER_FAILURE)));
      return;
    }
    outstanding++;
    counters.upstream.increment();
    new Exchange(query, message, tcp, done).begin();
  }

  /** One query under way. */
  private final class Exchange {
    private final DnsQuery query;
    private final byte[] message;
    private final boolean tcp;
    private final Consumer<byte[]> done;
    private final long began = System.nanoTime();
    private final List<Attempt> attempts = new ArrayList<>();
    private int next;
    private int open;
    private boolean over;
    private byte @Nullable [] second;

    Exchange(DnsQuery query, byte[] message, boolean tcp, Consumer<byte[]> done) {
      this.query = query;
      this.message = message;
      this.tcp = tcp;
      this.done = done;
    }

    void begin() {
      if (servers.isEmpty()) {
        end();
        return;
      }
      do {
        open++;
        Attempt attempt = new Attempt(this, servers.get(next++));
        attempts.add(attempt);
        attempt.start();
      } while (parallel && !over && next < servers.size());
    }

    void failed() {
      open--;
      if (over || open > 0) {
        return;
      }
      if (next < servers.size()) {
        begin();
      } else {
        end();
      }
    }

    /** An answer from one that could not tell: better than none. */
    void answered(byte[] answer) {
      int code = answer[3] & CODE;
      if (code != 0 && code != NAME_ERROR) {
        second = answer;
        failed();
        return;
      }
      finish(answer);
    }

    private void end() {
      byte[] answer = second;
      if (answer == null) {
        counters.failures.increment();
        answer = ByteBufUtil.getBytes(DnsAnswers.error(query, DnsAnswers.SERVER_FAILURE));
      }
      finish(answer);
    }

    private void finish(byte[] answer) {
      if (over) {
        return;
      }
      over = true;
      outstanding--;
      counters.took(System.nanoTime() - began);
      attempts.forEach(Attempt::stop);
      answer[0] = (byte) (query.id() >>> 8);
      answer[1] = (byte) query.id();
      done.accept(answer);
    }
  }

  /** One resolver, asked once. */
  private final class Attempt {
    private final Exchange exchange;
    private final InetSocketAddress server;
    private final int id = random.nextInt(1 << 16);
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean over;

    Attempt(Exchange exchange, InetSocketAddress server) {
      this.exchange = exchange;
      this.server = server;
    }

    void start() {
      deadline = loop.schedule(this::fail, timeout.toNanos(), TimeUnit.NANOSECONDS);
      Bootstrap bootstrap = new Bootstrap().group(loop);
      if (exchange.tcp) {
        bootstrap
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeout.toMillis())
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel it) {
                    it.pipeline()
                        .addLast(new LengthFieldBasedFrameDecoder(MAX_MESSAGE + 2, 0, 2, 0, 2))
                        .addLast(new LengthFieldPrepender(2))
                        .addLast(new Answers<>(ByteBuf.class, message -> message));
                  }
                });
      } else {
        bootstrap
            .channel(NioDatagramChannel.class)
            .option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_MESSAGE))
            .handler(new Answers<>(DatagramPacket.class, DatagramPacket::content));
      }
      // Connected, so that the kernel drops what comes from anywhere else.
      bootstrap
          .connect(server)
          .addListener(
              (ChannelFuture connected) -> {
                if (!connected.isSuccess()) {
                  fail();
                  return;
                }
                Channel to = connected.channel();
                channel = to;
                if (over) {
                  to.close();
                  return;
                }
                ByteBuf out = to.alloc().buffer(exchange.message.length);
                out.writeShort(id).writeBytes(exchange.message, 2, exchange.message.length - 2);
                to.writeAndFlush(out)
                    .addListener(
                        written -> {
                          if (!written.isSuccess()) {
                            fail();
                          }
                        });
              });
    }

    private void take(ByteBuf answer) {
      if (over) {
        return;
      }
      if (!fits(answer)) {
        counters.mismatches.increment();
        return;
      }
      byte[] bytes = ByteBufUtil.getBytes(answer);
      stop();
      exchange.answered(bytes);
    }

    private boolean fits(ByteBuf answer) {
      int start = answer.readerIndex();
      if (answer.readableBytes() < DnsQuery.HEADER
          || answer.getUnsignedShort(start) != id
          || (answer.getUnsignedShort(start + 2) & FLAG_RESPONSE) == 0) {
        return false;
      }
      int questions = answer.getUnsignedShort(start + 4);
      if (questions == 0) {
        // Servers that cannot read a query may answer without it.
        return (answer.getUnsignedShort(start + 2) & CODE) != 0;
      }
      byte[] asked = exchange.query.question();
      if (questions != 1 || answer.readableBytes() < DnsQuery.HEADER + asked.length) {
        return false;
      }
      byte[] told = new byte[asked.length];
      answer.getBytes(start + DnsQuery.HEADER, told);
      return Arrays.equals(lower(asked), lower(told));
    }

    // Some servers do not keep the case of names; lengths of labels are below 'A'.
    private byte[] lower(byte[] question) {
      byte[] out = question.clone();
      for (int i = 0; i < out.length - 4; i++) {
        if (out[i] >= 'A' && out[i] <= 'Z') {
          out[i] += 'a' - 'A';
        }
      }
      return out;
    }

    private void fail() {
      if (!over) {
        stop();
        exchange.failed();
      }
    }

    void stop() {
      over = true;
      if (deadline != null) {
        deadline.cancel(false);
      }
      if (channel != null) {
        channel.close();
      }
    }

    private final class Answers<M> extends SimpleChannelInboundHandler<M> {
      private final Function<M, ByteBuf> content;

      Answers(Class<M> type, Function<M, ByteBuf> content) {
        super(type);
        this.content = content;
      }

      @Override
      protected void channelRead0(ChannelHandlerContext ctx, M message) {
        take(content.apply(message));
      }

      @Override
      public void channelInactive(ChannelHandlerContext ctx) {
        fail();
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail();
      }
    }
  }
}
