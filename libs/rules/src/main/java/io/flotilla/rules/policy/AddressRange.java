// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.address.CidrRange;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * A CIDR range, ready to test addresses. IPv4 addresses in IPv6's clothes (::ffff:a.b.c.d) are the
 * IPv4 addresses that they carry, in ranges and in what is tested.
 */
final class AddressRange {
  private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F.]*:[0-9a-fA-F:.]*");
  private static final int MAPPED_BITS = 96;

  private final boolean mapped;
  private final byte[] prefix;
  private final int bits;

  AddressRange(CidrRange range) {
    // A literal: no name may reach the resolver, nor "10", which it takes for 0.0.0.10.
    boolean six = IPV6.matcher(range.prefix()).matches();
    if (!six && !IPV4.matcher(range.prefix()).matches()) {
      throw new InvalidModelException("CIDR " + range + " does not begin with an IP address");
    }
    try {
      byte[] literal = InetAddress.getByName(range.prefix()).getAddress();
      // The JDK gives IPv4 for ::ffff:a.b.c.d, but the length counts the bits of IPv6.
      this.mapped = six && literal.length == 4;
      this.prefix = mapped ? widened(literal) : literal;
    } catch (UnknownHostException e) {
      throw new InvalidModelException("CIDR " + range + " does not begin with an IP address");
    }
    this.bits = range.length();
  }

  boolean contains(InetAddress address) {
    byte[] bytes = narrowed(address.getAddress());
    if (mapped && bytes.length == 4) {
      bytes = widened(bytes);
    }
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

  private static byte[] widened(byte[] four) {
    byte[] bytes = new byte[16];
    bytes[10] = (byte) 0xFF;
    bytes[11] = (byte) 0xFF;
    System.arraycopy(four, 0, bytes, MAPPED_BITS / 8, four.length);
    return bytes;
  }

  private static byte[] narrowed(byte[] bytes) {
    if (bytes.length != 16) {
      return bytes;
    }
    byte[] four = Arrays.copyOfRange(bytes, MAPPED_BITS / 8, bytes.length);
    return Arrays.equals(bytes, widened(four)) ? four : bytes;
  }
}
