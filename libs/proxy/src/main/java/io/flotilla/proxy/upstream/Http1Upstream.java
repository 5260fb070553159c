// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.Channel;

/** An exchange on a connection of HTTP/1. */
record Http1Upstream(Channel connection, boolean reused, Host host, UpstreamPool pool)
    implements UpstreamStream {
  @Override
  public boolean http2() {
    return false;
  }

  @Override
  public void write(Object part) {
    connection.write(part);
  }

  @Override
  public void flush() {
    connection.flush();
  }

  @Override
  public boolean isWritable() {
    return connection.isWritable();
  }

  @Override
  public void read() {
    connection.read();
  }

  @Override
  public Channel tunnel() {
    return connection;
  }

  @Override
  public void release(boolean reusable) {
    pool.release(this, reusable);
  }
}
