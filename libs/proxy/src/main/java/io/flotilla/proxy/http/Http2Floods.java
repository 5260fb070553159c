// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.internal.Http2Counters;
import io.flotilla.proxy.internal.Http2Counters.Flood;
import org.jspecify.annotations.Nullable;

/**
 * What one client may ask of a connection beside requests and their bodies. Each kind of frame that
 * costs us and not the client has an account: a stock, refilled by time and by honest work (frames
 * of bodies, requests). Whoever overdraws one is told ENHANCE_YOUR_CALM (RFC 9113, section 10.5).
 */
final class Http2Floods {
  private static final int STOCK = 1_000;
  private static final int A_SECOND = 100;
  // A gRPC client may ping once for each burst of data, to measure its window (BDP).
  private static final int A_DATA_FRAME = 10;
  private static final int RESETS = 500;
  private static final int RESETS_A_SECOND = 50;
  private static final int EMPTY_DATA_IN_A_ROW = 16;
  private static final int ACKS_NOT_YET_SENT = 1_000;
  private static final long NANOS = 1_000_000_000L;

  private final Http2Counters counters;
  private final int continuations;
  private final Account control = new Account(STOCK, A_SECOND);
  private final Account resets = new Account(RESETS, RESETS_A_SECOND);
  private int emptyData;
  private int continued;
  private int acks;
  private @Nullable Flood overdrawn;
  private boolean ended;

  /**
   * @param continuations of one header block
   */
  Http2Floods(Http2Counters counters, int continuations) {
    this.counters = counters;
    this.continuations = continuations;
  }

  /** The kind that was overdrawn since the last time it was asked; null: none. */
  @Nullable Flood overdrawn() {
    Flood kind = overdrawn;
    overdrawn = null;
    if (kind != null) {
      ended = true;
      counters.count(kind);
    }
    return kind;
  }

  /** Whether one was overdrawn before, so that nothing more is read. */
  boolean hasEnded() {
    return ended;
  }

  private void judge(boolean within, Flood kind) {
    if (!within) {
      overdrawn = kind;
    }
  }

  /** A header of a frame came. */
  void received(int type, int length, int flags) {
    switch (type) {
      case Http2FrameHeader.DATA -> {
        boolean empty = length == 0 && (flags & Http2FrameHeader.END_STREAM) == 0;
        emptyData = empty ? emptyData + 1 : 0;
        judge(emptyData <= EMPTY_DATA_IN_A_ROW, Flood.EMPTY_FRAMES);
        if (!empty) {
          control.add(A_DATA_FRAME);
        }
      }
      case Http2FrameHeader.HEADERS -> {
        continued = 0;
        control.add(2);
      }
      case Http2FrameHeader.CONTINUATION -> judge(++continued <= continuations, Flood.CONTINUATION);
      case Http2FrameHeader.RST_STREAM -> judge(resets.take(), Flood.RESET);
      case Http2FrameHeader.PING -> judge(control.take(), Flood.PING);
      case Http2FrameHeader.SETTINGS -> judge(control.take(), Flood.SETTINGS);
      case Http2FrameHeader.PRIORITY -> judge(control.take(), Flood.PRIORITY);
      case Http2FrameHeader.WINDOW_UPDATE -> judge(control.take(), Flood.WINDOW_UPDATE);
      default -> judge(control.take(), Flood.UNKNOWN);
    }
  }

  /** A part of an answer went out, which the client will pay for with window updates. */
  void sentData() {
    control.add(A_DATA_FRAME);
  }

  /** We had to reset a stream: what the client sent was wrong, or more than we take. */
  void sentReset() {
    judge(resets.take(), Flood.RESET);
  }

  /** An acknowledgement waits to be sent. */
  void ackWaits() {
    judge(++acks <= ACKS_NOT_YET_SENT, Flood.ACKNOWLEDGEMENTS);
  }

  /** It was sent. */
  void ackSent() {
    acks--;
  }

  private static final class Account {
    private final int stock;
    private final int perSecond;
    private long left;
    private long filled = System.nanoTime();

    Account(int stock, int perSecond) {
      this.stock = stock;
      this.perSecond = perSecond;
      this.left = stock;
    }

    void add(int more) {
      left = Math.min(stock, left + more);
    }

    boolean take() {
      if (left <= 0) {
        long now = System.nanoTime();
        long gained = (now - filled) * perSecond / NANOS;
        if (gained > 0) {
          filled = now;
          left = Math.min(stock, gained);
        }
      }
      return --left >= 0;
    }
  }
}
