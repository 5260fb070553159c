// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.address;

import io.flotilla.model.Checks;

/**
 * An address prefix, "10.0.0.0/8".
 *
 * @param prefix an IPv4 or IPv6 literal
 * @param length bits, 0 to 32 for IPv4 and to 128 for IPv6
 */
public record CidrRange(String prefix, int length) {
  public CidrRange {
    Checks.notEmpty(prefix, "CIDR prefix");
    Checks.inRange(length, 0, prefix.indexOf(':') >= 0 ? 128 : 32, "length of CIDR " + prefix);
  }

  @Override
  public String toString() {
    return prefix + "/" + length;
  }
}
