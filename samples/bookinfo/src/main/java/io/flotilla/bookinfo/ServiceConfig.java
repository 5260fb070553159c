// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One service of the application, as the JSON file of {@link Bookinfo} names it.
 *
 * @param service "productpage", "details", "ratings" or "reviews"
 * @param version "v1"; of reviews also "v2" (black stars) and "v3" (red stars)
 * @param listen "127.0.0.1:9080"; port 0 takes a free one
 * @param proxy the HTTP proxy that all calls to other services take, "http://127.0.0.1:15007";
 *     null: direct calls
 * @param podName what reviews tell as {@code podname}
 * @param clusterName what reviews tell as {@code clustername}
 * @param peers base addresses of the other services by name; "http://NAME:9080" for those absent
 */
public record ServiceConfig(
    Kind service,
    String version,
    InetSocketAddress listen,
    @Nullable InetSocketAddress proxy,
    String podName,
    String clusterName,
    Map<String, URI> peers) {

  /** The services there are. */
  public enum Kind {
    PRODUCTPAGE,
    DETAILS,
    RATINGS,
    REVIEWS;

    /** As it stands in URLs and files. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Kind of(String word) {
      for (Kind kind : values()) {
        if (kind.word().equals(word)) {
          return kind;
        }
      }
      throw new IllegalArgumentException(
          "service must be productpage, details, ratings or reviews, but is '" + word + "'");
    }
  }

  /** Reads one element of the file's {@code services}. */
  @JsonCreator
  public static ServiceConfig of(
      @JsonProperty(value = "service", required = true) String service,
      @JsonProperty("version") @Nullable String version,
      @JsonProperty(value = "listen", required = true) String listen,
      @JsonProperty("proxy") @Nullable String proxy,
      @JsonProperty("podName") @Nullable String podName,
      @JsonProperty("clusterName") @Nullable String clusterName,
      @JsonProperty("peers") @Nullable Map<String, URI> peers) {
    Kind kind = Kind.of(service);
    String of = version == null ? "v1" : version;
    return new ServiceConfig(
        kind,
        of,
        address("listen of " + service, listen),
        proxy == null ? null : address("proxy of " + service, proxy.replaceFirst("^http://", "")),
        podName == null ? kind.word() + "-" + of : podName,
        clusterName == null ? "null" : clusterName,
        peers == null ? Map.of() : Map.copyOf(peers));
  }

  /** Where {@code kind} is called: by its service name, unless the file says otherwise. */
  URI peer(Kind kind) {
    URI named = peers.get(kind.word());
    return named == null ? URI.create("http://" + kind.word() + ":9080") : named;
  }

  private static InetSocketAddress address(String what, String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port >= 0 && port <= 65535) {
        return new InetSocketAddress(text.substring(0, colon), port);
      }
    } catch (NumberFormatException e) {
      // Refused below, with the value.
    }
    throw new IllegalArgumentException(what + " must be HOST:PORT, but is '" + text + "'");
  }
}
