// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.dns.DnsQuery.RefusedException;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.dns.NameTable.Name;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static Names names(Map<String, Name> names) {
    return new Names(
        new NameTable(names), "default", "svc.cluster.local", List.of("corp.example."));
  }

  private static List<byte[]> v4(Names names, String name) {
    Names.Found found = names.find(name, false);
    return found == null ? List.of() : found.addresses();
  }

  @Test
  void aWholeNameComesBeforeAShortFormOfAnother() {
    Names names =
        names(
            Map.of(
                "shop.default.svc.cluster.local",
                new Name(List.of("10.0.0.1"), true, "shop", "default"),
                "shop.default",
                Name.external(List.of("10.0.0.2"))));

    assertThat(v4(names, "shop.default")).containsExactly(new byte[] {10, 0, 0, 2});
    assertThat(v4(names, "shop")).containsExactly(new byte[] {10, 0, 0, 1});
  }

  @Test
  void servicesOfOtherDomainsHaveNoShortForms() {
    Names names =
        names(
            Map.of(
                "shop.default.svc.clusterset.local",
                new Name(List.of("10.0.0.1"), true, "shop", "default")));

    assertThat(names.find("shop.default", false)).isNull();
    assertThat(names.find("shop.default.svc.clusterset.local", false)).isNotNull();
  }

  @Test
  void namesOfWhichNoAddressIsOneAreLeftToTheResolvers() {
    assertThat(
            names(Map.of("a.example", Name.external(List.of("b.example")))).find("a.example", true))
        .isNull();
  }

  @Test
  void readsWhatTheCLibraryReads() {
    ResolverFile file =
        ResolverFile.parse(
            """
            # nameserver 9.9.9.9
            domain old.example
            search shop.svc.cluster.local\tsvc.cluster.local .
            nameserver 10.96.0.10
            nameserver fd00::10
            nameserver not-an-address
            nameserver 10.96.0.11
            nameserver 10.96.0.12
            options ndots:5
            """);

    assertThat(file.search()).containsExactly("shop.svc.cluster.local", "svc.cluster.local");
    assertThat(file.servers())
        .containsExactly(
            new InetSocketAddress(InetAddress.ofLiteral("10.96.0.10"), 53),
            new InetSocketAddress(InetAddress.ofLiteral("fd00::10"), 53),
            new InetSocketAddress(InetAddress.ofLiteral("10.96.0.11"), 53));
  }

  @Test
  void noBytesBringTheParserDown() {
    long seed = Long.getLong("flotilla.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] good =
        HexFormat.of()
            .parseHex(
                "00010100000100000000000107726576696577730000010001" + "0000291000000000000000");
    int read = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] near = Arrays.copyOf(good, random.nextInt(good.length + 4));
      for (int changes = random.nextInt(4); changes > 0 && near.length > 0; changes--) {
        near[random.nextInt(near.length)] = (byte) random.nextInt(256);
      }
      try {
        DnsQuery query = DnsQuery.parse(Unpooled.wrappedBuffer(near));
        assertThat(query.length()).as("seed %d", seed).isLessThanOrEqualTo(near.length);
        read++;
      } catch (RefusedException e) {
        assertThat(e.fault()).isNotNull();
      }
    }
    assertThat(read).as("of the near-misses, some are queries").isPositive();
  }
}
