// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.tenant;

import java.util.regex.Pattern;

/** One owner of traces, by a name that is safe as a folder's. */
public record Tenant(String name) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9!._*'()-]{0,149}");

  /** Everybody, where tenants are not told apart; the name is Tempo's. */
  public static final Tenant SINGLE = new Tenant("single-tenant");

  /** The header that names it. */
  public static final String HEADER = "X-Scope-OrgID";

  public Tenant {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the tenant '"
              + (name.length() <= 80 ? name : name.substring(0, 80) + "...")
              + "' is not a name of 1 to 150 letters, digits and !._*'()- that begins with a letter,"
              + " a digit, _ or -");
    }
  }
}
