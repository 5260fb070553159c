// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds;

import java.util.Optional;

/**
 * What our servers write into {@code system_version_info} of incremental responses, and our clients
 * read: "flotilla/57" is revision 57, "flotilla/57+" a part of it that others follow.
 *
 * @param partial whether other types of the revision are still to come
 */
public record SystemVersion(long revision, boolean partial) {
  private static final String PREFIX = "flotilla/";
  private static final String MORE = "+";

  /** As it is sent. */
  public String text() {
    return PREFIX + revision + (partial ? MORE : "");
  }

  /** What a server sent; empty: not one of ours. */
  public static Optional<SystemVersion> parse(String text) {
    if (!text.startsWith(PREFIX)) {
      return Optional.empty();
    }
    boolean partial = text.endsWith(MORE);
    String number = text.substring(PREFIX.length(), text.length() - (partial ? MORE.length() : 0));
    try {
      return Optional.of(new SystemVersion(Long.parseLong(number), partial));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
