// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.upstream.Host;
import io.flotilla.proxy.upstream.UpstreamStream;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that goes on after its time, while another is made: the first good answer of all is
 * the client's (Envoy documentation, "Request hedging").
 *
 * <pre>
 *   current --> aside --> current again, once it answers
 *                 |
 *                 +--> over
 * </pre>
 */
final class HedgedAttempt implements UpstreamStream.Listener {
  private final Forwarding forwarding;
  private final Host host;
  private final long startNanos;
  private @Nullable UpstreamStream aside;

  HedgedAttempt(Forwarding forwarding, Host host, long startNanos) {
    this.forwarding = forwarding;
    this.host = host;
    this.startNanos = startNanos;
  }

  Host host() {
    return host;
  }

  long startNanos() {
    return startNanos;
  }

  /** It goes on, but is not the one that is waited for any longer. */
  void putAside(UpstreamStream stream) {
    aside = stream;
  }

  /** It is the one again. */
  @Nullable UpstreamStream takeBack() {
    UpstreamStream stream = aside;
    aside = null;
    return stream;
  }

  @Override
  public void received(Object message) {
    if (aside == null) {
      forwarding.received(message);
      return;
    }
    if (message instanceof HttpResponse response && response.status().code() / 100 != 1) {
      forwarding.answered(this, response);
      return;
    }
    ReferenceCountUtil.release(message);
  }

  @Override
  public void readComplete() {
    UpstreamStream from = aside;
    if (from == null) {
      forwarding.readComplete();
    } else {
      from.read();
    }
  }

  @Override
  public void writabilityChanged(boolean writable) {
    if (aside == null) {
      forwarding.writabilityChanged(writable);
    }
  }

  @Override
  public void broken(boolean refused) {
    if (aside == null) {
      forwarding.broken(refused);
    } else {
      forwarding.lost(this);
    }
  }
}
