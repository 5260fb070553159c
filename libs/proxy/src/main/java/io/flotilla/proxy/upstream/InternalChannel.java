// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection within the process. It behaves as a socket does: what is written waits
 * until the other end reads, each side's output ends by itself, and what was written before a close
 * still arrives. Both ends live on one event loop.
 */
final class InternalChannel extends AbstractChannel implements DuplexChannel {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false);
  private static final int MAX_A_TURN = 16;

  private final Config config = new Config(this);
  private final InetSocketAddress local;
  private final InetSocketAddress remote;
  private @Nullable InternalChannel peer;
  private boolean open = true;
  private boolean wantsToRead;
  private boolean inputShutdown;
  private boolean outputShutdown;
  private boolean endTold;
  private boolean turnComes;

  private InternalChannel(InetSocketAddress local, InetSocketAddress remote) {
    super(null);
    this.local = local;
    this.remote = remote;
  }

  /** The two ends; neither is registered. */
  record Pair(InternalChannel client, InternalChannel server) {}

  static Pair pair(InetSocketAddress source, InetSocketAddress destination) {
    InternalChannel client = new InternalChannel(source, destination);
    InternalChannel server = new InternalChannel(destination, source);
    client.peer = server;
    server.peer = client;
    return new Pair(client, server);
  }

  /** The other end. */
  InternalChannel peer() {
    return Objects.requireNonNull(peer);
  }

  // ---- what moves ----

  /** Hands what was written to the other end, if it reads. */
  private void turn() {
    turnComes = false;
    InternalChannel to = peer;
    ChannelOutboundBuffer out = unsafe().outboundBuffer();
    if (to == null || out == null) {
      return;
    }
    dropEmpty(out);
    if (!to.wantsToRead || !to.isActive() || !to.isRegistered()) {
      return;
    }
    int handed = 0;
    for (Object message = out.current();
        message != null && handed < MAX_A_TURN;
        message = out.current()) {
      ByteBuf data = (ByteBuf) message;
      if (data.isReadable()) {
        handed++;
        to.wantsToRead = false;
        ByteBuf taken = data.retain();
        out.remove();
        to.pipeline().fireChannelRead(taken);
      } else {
        out.remove();
      }
    }
    if (handed > 0) {
      to.pipeline().fireChannelReadComplete();
      if (to.config.isAutoRead() && to.isActive()) {
        to.read();
      }
    } else if (outputShutdown && !endTold) {
      endTold = true;
      to.wantsToRead = false;
      to.inputEnded();
    }
  }

  // So that a write which only asks when all before it is gone needs no reader.
  private static void dropEmpty(ChannelOutboundBuffer out) {
    while (out.current() instanceof ByteBuf data && !data.isReadable()) {
      out.remove();
    }
  }

  private void inputEnded() {
    inputShutdown = true;
    if (!config.halfClosure) {
      unsafe().close(voidPromise());
      return;
    }
    pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
  }

  private void askForTurn() {
    if (!turnComes && isRegistered()) {
      turnComes = true;
      eventLoop().execute(this::turn);
    }
  }

  @Override
  protected void doBeginRead() {
    wantsToRead = true;
    if (peer != null) {
      peer.askForTurn();
    }
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer out) {
    dropEmpty(out);
    askForTurn();
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    if (message instanceof ByteBuf) {
      return message;
    }
    throw new UnsupportedOperationException(
        "only bytes go between listeners, not " + message.getClass().getName());
  }

  @Override
  protected void doClose() {
    open = false;
    InternalChannel other = peer;
    if (other != null && other.isRegistered() && other.open) {
      other.eventLoop().execute(() -> other.unsafe().close(other.voidPromise()));
    }
  }

  // ---- what a channel is ----

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new AbstractUnsafe() {
      @Override
      public void connect(
          SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
        promise.tryFailure(new UnsupportedOperationException("it is connected from the start"));
      }
    };
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return true;
  }

  @Override
  protected SocketAddress localAddress0() {
    return local;
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return remote;
  }

  @Override
  protected void doBind(SocketAddress address) {
    throw new UnsupportedOperationException("it has its addresses from the start");
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  // ---- either half ----

  @Override
  public boolean isInputShutdown() {
    return inputShutdown;
  }

  @Override
  public boolean isOutputShutdown() {
    return outputShutdown;
  }

  @Override
  public boolean isShutdown() {
    return inputShutdown && outputShutdown;
  }

  @Override
  public ChannelFuture shutdownInput() {
    return shutdownInput(newPromise());
  }

  @Override
  public ChannelFuture shutdownInput(ChannelPromise promise) {
    inputShutdown = true;
    return promise.setSuccess();
  }

  @Override
  public ChannelFuture shutdownOutput() {
    return shutdownOutput(newPromise());
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    if (!open) {
      return promise.setFailure(new ClosedChannelException());
    }
    outputShutdown = true;
    askForTurn();
    return promise.setSuccess();
  }

  @Override
  public ChannelFuture shutdown() {
    return shutdown(newPromise());
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    inputShutdown = true;
    return shutdownOutput(promise);
  }

  /** Options of sockets mean nothing here, and are accepted. */
  private static final class Config extends DefaultChannelConfig {
    private boolean halfClosure;

    Config(InternalChannel channel) {
      super(channel);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
      if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
        halfClosure = (Boolean) value;
        return true;
      }
      super.setOption(option, value);
      return true;
    }
  }
}
