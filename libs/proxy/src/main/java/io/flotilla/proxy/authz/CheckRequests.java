// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.tls.Peers;
import io.flotilla.proxy.wire.ProtoWriter;
import io.flotilla.proxy.wire.Structs;
import io.flotilla.rules.policy.AccessView;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes envoy.service.auth.v3.CheckRequest. */
final class CheckRequests {
  static final String PARTIAL = "x-envoy-auth-partial-body";

  private CheckRequests() {}

  /**
   * Of a request.
   *
   * @param headers by name, pseudo headers included
   */
  static byte[] of(
      FilteredRequest request,
      ExternalAuthorization.Question question,
      Map<String, String> headers,
      FilteredRequest.Body body,
      boolean bodyAsBytes,
      Map<String, String> context) {
    Downstream connection = request.connection();
    ProtoWriter http =
        new ProtoWriter()
            .text(1, request.id())
            .text(2, request.method())
            .map(3, headers)
            .text(4, request.pathAndQuery())
            .text(5, request.authority())
            .text(6, request.scheme())
            .number(9, size(request))
            .text(10, request.protocol());
    if (bodyAsBytes) {
      http.bytes(12, body.bytes());
    } else {
      // What is no UTF-8 is told as '!', a sign for each byte.
      http.text(11, utf8(body.bytes()));
    }
    ProtoWriter attributes =
        new ProtoWriter()
            .message(
                1,
                source(connection, request.headers().get(SERVICE, ""), question.peerCertificate()))
            .message(2, destination(connection))
            .message(4, new ProtoWriter().message(1, now()).message(2, http))
            .map(10, context)
            .message(11, metadata(request.access(), question.metadata()))
            // That there is none of the route's is told, too.
            .message(13, new ProtoWriter());
    if (question.tlsSession() && !connection.serverName().isEmpty()) {
      attributes.message(12, new ProtoWriter().text(1, connection.serverName()));
    }
    return new ProtoWriter().message(1, attributes).toBytes();
  }

  private static final String SERVICE = "x-envoy-downstream-service-cluster";

  /** Of a connection. */
  static byte[] of(Downstream connection, boolean certificate, boolean tlsSession) {
    ProtoWriter attributes =
        new ProtoWriter()
            .message(1, source(connection, "", certificate))
            .message(2, destination(connection))
            .message(11, new ProtoWriter());
    if (tlsSession && !connection.serverName().isEmpty()) {
      attributes.message(12, new ProtoWriter().text(1, connection.serverName()));
    }
    return new ProtoWriter().message(1, attributes).toBytes();
  }

  private static ProtoWriter source(Downstream connection, String service, boolean certificate) {
    List<String> names = connection.principals();
    ProtoWriter peer =
        new ProtoWriter()
            .message(1, address(connection.remote()))
            .text(2, service)
            .text(4, names == null || names.isEmpty() ? "" : names.getFirst());
    return certificate ? peer.text(5, Peers.encodedCertificate(connection.channel())) : peer;
  }

  private static ProtoWriter destination(Downstream connection) {
    return new ProtoWriter()
        .message(1, address(connection.original()))
        .text(4, connection.own().orElse(""));
  }

  // config.core.v3.Address
  private static ProtoWriter address(InetSocketAddress address) {
    return new ProtoWriter()
        .message(
            1,
            new ProtoWriter()
                .text(2, address.getAddress().getHostAddress())
                .number(3, address.getPort()));
  }

  private static ProtoWriter now() {
    Instant now = Instant.now();
    return new ProtoWriter().number(1, now.getEpochSecond()).number(2, now.getNano());
  }

  // config.core.v3.Metadata
  private static ProtoWriter metadata(AccessView access, List<String> names) {
    ProtoWriter out = new ProtoWriter();
    for (String name : names) {
      if (access.metadata(name) instanceof Map<?, ?> values) {
        out.message(1, new ProtoWriter().text(1, name).message(2, Structs.write(values)));
      }
    }
    return out;
  }

  private static long size(FilteredRequest request) {
    String length = request.headers().get("content-length");
    try {
      return length == null ? -1 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replace('\uFFFD', '!');
  }

  /** A request's headers by name, joined where there are several, with pseudo headers. */
  static Map<String, String> headers(FilteredRequest request) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put(":authority", request.authority());
    out.put(":path", request.pathAndQuery());
    out.put(":method", request.method());
    out.put(":scheme", request.scheme());
    for (String name : request.headers().names()) {
      String lower = name.toLowerCase(java.util.Locale.ROOT);
      if (!lower.equals("host") && !lower.equals(PARTIAL)) {
        out.put(lower, String.join(",", request.headers().getAll(name)));
      }
    }
    return out;
  }
}
