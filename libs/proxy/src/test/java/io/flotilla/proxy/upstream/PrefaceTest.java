// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.cluster.TransportMatch.ProxyHeader;
import io.netty.buffer.ByteBufUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PrefaceTest {
  private static final InetSocketAddress FOUR = new InetSocketAddress("10.1.2.3", 1000);
  private static final InetSocketAddress SIX = new InetSocketAddress("2001:db8::1", 80);

  @Test
  void knowsNoAddressesOfTwoFamilies() {
    assertThat(
            new Preface(ProxyHeader.V1, FOUR, SIX)
                .header(FOUR, FOUR)
                .toString(StandardCharsets.US_ASCII))
        .isEqualTo("PROXY UNKNOWN\r\n");
    assertThat(ByteBufUtil.hexDump(new Preface(ProxyHeader.V2, SIX, FOUR).header(FOUR, FOUR)))
        .isEqualTo("0d0a0d0a000d0a515549540a" + "20000000");
  }

  @Test
  void isOfOneKindForTheSameAddresses() {
    assertThat(new Preface(ProxyHeader.V1, FOUR, FOUR))
        .isEqualTo(new Preface(ProxyHeader.V1, new InetSocketAddress("10.1.2.3", 1000), FOUR))
        .isNotEqualTo(new Preface(ProxyHeader.V1, new InetSocketAddress("10.1.2.3", 1001), FOUR));
  }
}
