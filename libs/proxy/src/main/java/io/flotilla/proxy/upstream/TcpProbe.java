// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.HealthCheck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Connects; sends and awaits bytes, where the check says which. */
final class TcpProbe implements Probe {
  private static final int LARGEST = 64 * 1024;

  private final UpstreamPool pool;
  private final ClusterRuntime cluster;
  private final Host host;
  private final HealthCheck.Tcp check;
  private final Consumer<Answer> done;
  private final List<String> awaited;
  private final StringBuilder received = new StringBuilder();
  private @Nullable Channel connection;
  private boolean over;

  TcpProbe(
      UpstreamPool pool,
      ClusterRuntime cluster,
      Host host,
      HealthCheck.Tcp check,
      Consumer<Answer> done) {
    this.pool = pool;
    this.cluster = cluster;
    this.host = host;
    this.check = check;
    this.done = done;
    this.awaited = check.receive().stream().map(TcpProbe::bytes).toList();
  }

  // One character a byte, so that strings can be searched.
  private static String bytes(String digits) {
    return new String(HexFormat.of().parseHex(digits), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void start() {
    pool.connectTcp(
        cluster, host, null, new Reader(), this::connected, cause -> end(Answer.FAILED));
  }

  private void connected(Channel channel) {
    if (over) {
      channel.close();
      return;
    }
    connection = channel;
    if (awaited.isEmpty()) {
      end(Answer.WELL);
      return;
    }
    check
        .send()
        .ifPresent(
            digits ->
                channel.writeAndFlush(Unpooled.wrappedBuffer(HexFormat.of().parseHex(digits))));
    channel.read();
  }

  private final class Reader extends SimpleChannelInboundHandler<ByteBuf> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
      if (!over) {
        received.append(bytes.toString(StandardCharsets.ISO_8859_1));
        if (allFound()) {
          end(Answer.WELL);
        } else if (received.length() > LARGEST) {
          end(Answer.FAILED);
        }
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.read();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof io.netty.channel.socket.ChannelInputShutdownEvent) {
        end(Answer.FAILED);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      end(Answer.FAILED);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      end(Answer.FAILED);
    }
  }

  private boolean allFound() {
    int from = 0;
    for (String each : awaited) {
      int at = received.indexOf(each, from);
      if (at < 0) {
        return false;
      }
      from = at + each.length();
    }
    return true;
  }

  @Override
  public void cancel() {
    end(Answer.FAILED);
  }

  private void end(Answer answer) {
    if (over) {
      return;
    }
    over = true;
    if (connection != null) {
      connection.close();
    }
    done.accept(answer);
  }
}
