// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.internal.ConnectionView;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.rules.RequestView;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What access rules see of one request: of its connection, and what it says itself. */
final class RequestAccess extends ConnectionView {
  private static final int LONGEST_ADDRESS = 64;

  private final RequestView request;
  private final HttpHeaders headers;
  private final String authority;
  private final HttpConnectionManager manager;
  private @Nullable InetAddress remote;

  /**
   * @param authority as the client sent it
   */
  RequestAccess(
      RequestView request,
      HttpHeaders headers,
      String authority,
      Downstream downstream,
      HttpConnectionManager manager) {
    super(downstream);
    this.request = request;
    this.headers = headers;
    this.authority = authority;
    this.manager = manager;
  }

  @Override
  public List<String> header(String name) {
    return switch (name) {
      case ":path" -> List.of(request.pathAndQuery());
      case ":method" -> List.of(request.method());
      case ":authority", "host" -> List.of(authority);
      case ":scheme" -> List.of(request.scheme());
      default -> headers.getAll(name);
    };
  }

  @Override
  public InetAddress remote() {
    InetAddress known = remote;
    if (known == null) {
      known = client();
      remote = known;
    }
    return known;
  }

  // Envoy documentation, "HTTP header manipulation", x-forwarded-for.
  private InetAddress client() {
    if (manager.useRemoteAddress() && manager.xffTrustedHops() == 0) {
      return directRemote();
    }
    String forwarded = String.join(",", headers.getAll("x-forwarded-for"));
    int end = forwarded.length();
    // At the edge the last address is the one that we have just added.
    for (int skip = manager.xffTrustedHops(); skip > 0; skip--) {
      end = forwarded.lastIndexOf(',', end - 1);
      if (end < 0) {
        return directRemote();
      }
    }
    String last = forwarded.substring(forwarded.lastIndexOf(',', end - 1) + 1, end).strip();
    byte[] address =
        last.length() > LONGEST_ADDRESS ? null : NetUtil.createByteArrayFromIpAddressString(last);
    if (address == null) {
      return directRemote();
    }
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      return directRemote();
    }
  }
}
