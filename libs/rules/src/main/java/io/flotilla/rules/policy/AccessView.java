// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import io.flotilla.rules.Paths;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What access rules see of a request, or of a connection without requests. */
public interface AccessView {
  /**
   * The values of a header, each by itself; empty: absent, as all are on a mere connection.
   *
   * @param name lower case; pseudo headers (":path", ":authority", ":method") are as the client
   *     sent them, but for the path's normal form
   */
  List<String> header(String name);

  /** Where the connection was meant to go. */
  InetAddress destination();

  /** The port that the connection was meant for. */
  int destinationPort();

  /** The connection's other end. */
  InetAddress directRemote();

  /** The client, as trusted headers tell; else the connection's other end. */
  InetAddress remote();

  /** Of the TLS hello; empty: none. */
  String serverName();

  /**
   * The names of the caller's verified certificate: its URIs, its DNS names, its subject; null:
   * there is no certificate.
   */
  @Nullable List<String> principals();

  /**
   * What a filter noted: maps, lists, strings, numbers, booleans and nulls.
   *
   * @param filter "envoy.filters.http.jwt_authn"
   */
  @Nullable Object metadata(String filter);

  /** What the connection carries under a key; null: nothing. */
  @Nullable String filterState(String key);

  /** The path without query and fragment; null on a mere connection. */
  default @Nullable String path() {
    List<String> all = header(":path");
    return all.isEmpty() ? null : Paths.withoutQuery(all.getFirst());
  }
}
