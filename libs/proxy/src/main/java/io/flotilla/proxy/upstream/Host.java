// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.endpoint.Endpoint;
import java.net.InetSocketAddress;

/** One endpoint at run time. */
public final class Host {
  private Endpoint endpoint;
  private final InetSocketAddress address;
  private int active;
  private int consecutiveFailures;
  private long ejectedUntilNanos;
  private int ejections;
  private long requests;
  private long failures;

  Host(Endpoint endpoint, InetSocketAddress address) {
    this.endpoint = endpoint;
    this.address = address;
  }

  void endpoint(Endpoint now) {
    endpoint = now;
  }

  /** What the control plane says of it. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Where it is reached. */
  public InetSocketAddress address() {
    return address;
  }

  /** Requests and connections under way. */
  public int active() {
    return active;
  }

  /** A request or TCP connection goes there. */
  public void started() {
    active++;
    requests++;
  }

  /** It ended. */
  public void ended() {
    active--;
  }

  /** All there ever were. */
  public long requests() {
    return requests;
  }

  /** All that failed: no answer, or 5xx. */
  public long failures() {
    return failures;
  }

  boolean isEjected(long nowNanos) {
    return ejectedUntilNanos != 0 && nowNanos - ejectedUntilNanos < 0;
  }

  int consecutiveFailures() {
    return consecutiveFailures;
  }

  void succeeded() {
    consecutiveFailures = 0;
  }

  void failed() {
    failures++;
    consecutiveFailures++;
  }

  void eject(long untilNanos) {
    ejectedUntilNanos = untilNanos;
    ejections++;
    consecutiveFailures = 0;
  }

  int ejections() {
    return ejections;
  }
}
