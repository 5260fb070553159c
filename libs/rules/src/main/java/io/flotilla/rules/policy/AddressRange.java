// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.address.CidrRange;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** A CIDR range, ready to test addresses. */
final class AddressRange {
  private final byte[] prefix;
  private final int bits;

  AddressRange(CidrRange range) {
    // A literal: the model allows hexadecimal digits, dots and colons alone to reach the resolver.
    if (!range.prefix().matches("[0-9a-fA-F:.]+")) {
      throw new InvalidModelException("CIDR " + range + " does not begin with an IP address");
    }
    try {
      this.prefix = InetAddress.getByName(range.prefix()).getAddress();
    } catch (UnknownHostException e) {
      throw new InvalidModelException("CIDR " + range + " does not begin with an IP address");
    }
    this.bits = range.length();
  }

  boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != prefix.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (bytes[i] != prefix[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || ((bytes[whole] ^ prefix[whole]) & (0xFF << (8 - rest)) & 0xFF) == 0;
  }
}
