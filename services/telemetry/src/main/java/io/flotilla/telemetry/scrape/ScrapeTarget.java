// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.scrape;

import java.net.URI;
import java.util.Map;
import java.util.TreeMap;

/**
 * One address to scrape.
 *
 * @param labels of all its series; "instance" and "job" among them
 */
public record ScrapeTarget(URI url, Map<String, String> labels) {
  public ScrapeTarget {
    labels = Map.copyOf(labels);
  }

  /** The address that errors name: "127.10.0.1:15020". */
  public String address() {
    return url.getAuthority();
  }

  /**
   * Reads "host:port" or a URL.
   *
   * @param path where the address has none
   * @throws IllegalArgumentException if it is neither
   */
  static ScrapeTarget parse(String text, String path, Map<String, String> labels) {
    String address = text.strip();
    try {
      URI url = URI.create(address.contains("://") ? address : "http://" + address);
      boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (!http || url.getHost() == null) {
        throw new IllegalArgumentException("no host");
      }
      if (url.getPath().isEmpty()) {
        url = url.resolve(path);
      }
      Map<String, String> all = new TreeMap<>(labels);
      all.keySet().removeIf(name -> name.startsWith("__"));
      all.putIfAbsent("instance", url.getAuthority());
      return new ScrapeTarget(url, all);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'"
              + (address.length() > 200 ? address.substring(0, 200) + "..." : address)
              + "' is no address to scrape: host:port or http://host:port/path is expected",
          e);
    }
  }
}
