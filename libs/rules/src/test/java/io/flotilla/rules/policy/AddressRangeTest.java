// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.address.CidrRange;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
  private static boolean contains(String prefix, int length, String address) {
    return new AddressRange(new CidrRange(prefix, length)).contains(InetAddress.ofLiteral(address));
  }

  @Test
  void takesMappedRangesForTheIpv4AddressesThatTheyCarry() {
    assertThat(contains("::ffff:10.0.0.0", 104, "10.200.0.1")).isTrue();
    assertThat(contains("::ffff:10.0.0.0", 104, "11.0.0.1")).isFalse();
    assertThat(contains("::ffff:10.0.0.1", 128, "10.0.0.1")).isTrue();
    assertThat(contains("::ffff:10.0.0.1", 128, "10.0.0.2")).isFalse();
    assertThat(contains("::ffff:0.0.0.0", 96, "fd00::1")).isFalse();
  }

  @Test
  void takesMappedAddressesForTheIpv4AddressesThatTheyCarry() throws Exception {
    byte[] bytes = InetAddress.ofLiteral("::fffe:10.0.0.1").getAddress();
    bytes[11] = (byte) 0xFF;
    bytes[10] = (byte) 0xFF;
    InetAddress mapped = Inet6Address.getByAddress("", bytes, 0);
    assertThat(mapped.getAddress()).hasSize(16);

    assertThat(new AddressRange(new CidrRange("10.0.0.0", 8)).contains(mapped)).isTrue();
    assertThat(new AddressRange(new CidrRange("11.0.0.0", 8)).contains(mapped)).isFalse();
  }

  @Test
  void keepsTheTwoFamiliesApart() {
    assertThat(contains("::", 0, "10.0.0.1")).isFalse();
    assertThat(contains("0.0.0.0", 0, "fd00::1")).isFalse();
    assertThat(contains("fd00::", 9, "fd7f::1")).isTrue();
    assertThat(contains("fd00::", 9, "fd80::1")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10", "1.2.3", "face", "dead.beef", "1.2.3.456", "fe80::1%eth0", ":"})
  void refusesWhatIsNoLiteral(String prefix) {
    assertThatThrownBy(() -> new AddressRange(new CidrRange(prefix, 8)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("does not begin with an IP address");
  }
}
