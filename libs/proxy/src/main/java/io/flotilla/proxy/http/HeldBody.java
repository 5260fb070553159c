// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.filter.FilteredRequest;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * What came of a request's body and is held: until there is an upstream to take it, and after that
 * for as long as the request may be sent again. It holds little; whoever adds to it stops reading
 * when {@link #hasRoom} says no.
 */
final class HeldBody {
  private static final int MAX_BYTES = 64 * 1024;

  private final ArrayDeque<HttpContent> parts = new ArrayDeque<>();
  private int bytes;

  boolean hasRoom() {
    return bytes < MAX_BYTES;
  }

  /** Whether a part of this size would not be too much. */
  boolean fits(int size) {
    return bytes + size <= MAX_BYTES;
  }

  /** Takes the part over. */
  void add(HttpContent part) {
    parts.add(part);
    bytes += part.content().readableBytes();
  }

  int size() {
    return bytes;
  }

  /** Shows the first bytes. */
  FilteredRequest.Body show(int largest) {
    byte[] out = new byte[Math.min(largest, bytes)];
    int at = 0;
    for (HttpContent part : parts) {
      ByteBuf content = part.content();
      int some = Math.min(out.length - at, content.readableBytes());
      content.getBytes(content.readerIndex(), out, at, some);
      at += some;
    }
    return new FilteredRequest.Body(out, out.length == bytes);
  }

  /** Shows a copy of each part, which the consumer takes over. */
  void copy(Consumer<HttpContent> to) {
    parts.forEach(part -> to.accept(part.retainedDuplicate()));
  }

  /** Hands each part over, and holds it no more. */
  void hand(Consumer<HttpContent> to) {
    parts.forEach(to);
    parts.clear();
    bytes = 0;
  }

  /** Hands the bytes over, for a peer that speaks another protocol than HTTP. */
  Queue<ByteBuf> bytes() {
    Queue<ByteBuf> all = new ArrayDeque<>(parts.size());
    hand(part -> all.add(part.content()));
    return all;
  }

  void release() {
    hand(ReferenceCountUtil::release);
  }
}
