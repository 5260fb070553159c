// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.dns.NameTable;
import io.flotilla.model.dns.NameTable.Name;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What BIND's dig makes of our answers, and what dnsmasq makes of what we pass on. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DnsProxyIT {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final Duration LONG = Duration.ofMinutes(5);

  private static final int PATIENCE_MILLIS = 60_000;

  private static Dnsmasq resolver;

  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void startResolver() throws IOException {
    assumeTrue(Dig.isThere(), "dig is not installed; conformance/install.sh installs it");
    assumeTrue(Dnsmasq.isThere(), "dnsmasq is not installed; conformance/install.sh installs it");
    List<String> options =
        new ArrayList<>(
            List.of(
                "--local=/example/",
                "--host-record=outside.example,192.0.2.55,2001:db8::55",
                "--mx-host=reviews.default.svc.cluster.local,mail.example,10",
                "--local=/cluster.local/"));
    for (int i = 0; i < 20; i++) {
      options.add("--txt-record=big.example," + "x".repeat(200) + i);
    }
    resolver = Dnsmasq.start(options.toArray(String[]::new));
  }

  @AfterAll
  static void stopResolver() {
    if (resolver != null) {
      resolver.close();
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private DnsProxy proxy(boolean parallel, Duration timeout, int most, InetSocketAddress... servers)
      throws IOException {
    DnsProxy proxy =
        DnsProxy.open(
            new DnsSettings(
                List.of(new InetSocketAddress(LOOPBACK, 0)),
                List.of(servers),
                List.of("default.svc.cluster.local", "svc.cluster.local"),
                "default",
                "svc.cluster.local",
                parallel,
                timeout,
                most));
    open.add(proxy);
    return proxy;
  }

  private DnsProxy proxy() throws IOException {
    DnsProxy proxy = proxy(false, LONG, 100, resolver.address());
    proxy.names(table());
    return proxy;
  }

  private static NameTable table() {
    Map<String, Name> names = new LinkedHashMap<>();
    names.put(
        "reviews.default.svc.cluster.local",
        new Name(List.of("10.96.0.13"), true, "reviews", "default"));
    names.put(
        "db.shop.svc.cluster.local",
        new Name(List.of("10.244.1.51", "10.244.1.52"), true, "db", "shop"));
    names.put(
        "db-0.db.shop.svc.cluster.local",
        new Name(List.of("10.244.1.51"), true, "db-0.db", "shop"));
    names.put("both.example.com", Name.external(List.of("192.0.2.7", "2001:db8::7")));
    names.put("*.wild.example.com", Name.external(List.of("192.0.2.20")));
    names.put("*.deep.wild.example.com", Name.external(List.of("192.0.2.21")));
    names.put(
        "many.example.com",
        Name.external(IntStream.range(1, 101).mapToObj(i -> "192.0.2." + i).toList()));
    return new NameTable(names);
  }

  private static Dig dig(DnsProxy proxy) {
    return new Dig(proxy.addresses().getFirst());
  }

  @Test
  void answersServicesByAllTheirNames() throws IOException {
    DnsProxy proxy = proxy();
    Dig dig = dig(proxy);

    for (String name :
        List.of(
            "reviews.default.svc.cluster.local",
            "Reviews.DEFAULT.svc.cluster.local",
            "reviews.default.svc",
            "reviews.default",
            "reviews")) {
      Dig.Answer answer = dig.ask(name, "A");
      assertThat(answer.answers()).as(name).containsExactly(name + ". 30 IN A 10.96.0.13");
      assertThat(answer.status()).isEqualTo("NOERROR");
      assertThat(answer.flags()).contains("qr", "aa", "rd", "ra").doesNotContain("tc");
      assertThat(answer.text()).contains("EDNS: version: 0").doesNotContain("parser");
    }
    assertThat(dig.ask("db-0.db.shop", "A").data("A")).containsExactly("10.244.1.51");
    assertThat(dig.ask("db-0.db.shop.svc.cluster.local", "A").data("A"))
        .containsExactly("10.244.1.51");
    assertThat(dig.ask("db.shop", "A", "+tcp").data("A"))
        .containsExactlyInAnyOrder("10.244.1.51", "10.244.1.52");
    assertThat(dig.ask("db", "A").status())
        .as("a short name of another namespace")
        .isNotEqualTo("NOERROR");
    assertThat(dig.ask("reviews", "A", "+noedns").text()).doesNotContain("EDNS", "parser");
  }

  @Test
  void saysThatAKnownNameHasNoAddressOfAKind() throws IOException {
    Dig dig = dig(proxy());

    Dig.Answer none = dig.ask("reviews.default", "AAAA");

    assertThat(none.status()).isEqualTo("NOERROR");
    assertThat(none.answers()).isEmpty();
    assertThat(dig.ask("both.example.com", "AAAA").data("AAAA")).containsExactly("2001:db8::7");
    assertThat(dig.ask("both.example.com", "A").data("A")).containsExactly("192.0.2.7");
  }

  @Test
  void leadsNamesWithTheSearchDomainBehindThemBack() throws IOException {
    Dig dig = dig(proxy());

    Dig.Answer answer = dig.ask("both.example.com.default.svc.cluster.local", "A");

    assertThat(answer.data("CNAME")).containsExactly("both.example.com.");
    assertThat(answer.answers()).last().isEqualTo("both.example.com. 30 IN A 192.0.2.7");
    Dig.Answer wild = dig.ask("a.wild.example.com.default.svc.cluster.local", "A");
    assertThat(wild.data("CNAME")).containsExactly("a.wild.example.com.");
    assertThat(wild.data("A")).containsExactly("192.0.2.20");
  }

  @Test
  void takesTheLongestWildcard() throws IOException {
    Dig dig = dig(proxy());

    assertThat(dig.ask("a.b.wild.example.com", "A").answers())
        .containsExactly("a.b.wild.example.com. 30 IN A 192.0.2.20");
    assertThat(dig.ask("a.deep.wild.example.com", "A").data("A")).containsExactly("192.0.2.21");
    assertThat(dig.ask("wild.example.com", "A").status()).isNotEqualTo("NOERROR");
  }

  @Test
  void beginsWithAnotherAddressNowAndThen() throws IOException {
    Dig dig = dig(proxy());
    Set<String> first = new HashSet<>();

    for (int i = 0; i < 60 && first.size() < 2; i++) {
      first.add(dig.ask("db.shop", "A").data("A").getFirst());
    }

    assertThat(first).hasSize(2);
  }

  @Test
  void passesOnWhatIsNotOfTheMesh() throws IOException {
    DnsProxy proxy = proxy();
    Dig dig = dig(proxy);

    assertThat(dig.ask("outside.example", "A").data("A")).containsExactly("192.0.2.55");
    assertThat(dig.ask("outside.example", "AAAA").data("AAAA")).containsExactly("2001:db8::55");
    assertThat(dig.ask("outside.example", "A", "+tcp").data("A")).containsExactly("192.0.2.55");
    assertThat(dig.ask("nowhere.example", "A").status()).isEqualTo("NXDOMAIN");
    assertThat(dig.ask("reviews.default.svc.cluster.local", "MX").data("MX"))
        .as("a record of a known name that we know nothing of")
        .containsExactly("10 mail.example.");
    assertThat(proxy.metrics())
        .contains(
            "dns_requests_total 5\n",
            "dns_upstream_requests_total 5\n",
            "dns_upstream_failures_total 0\n",
            "dns_upstream_request_duration_seconds_count 5\n",
            "flotilla_dns_answers_total 0\n");
  }

  @Test
  void sendsClientsToTcpForWhatIsTooLong() throws IOException {
    Dig dig = dig(proxy());

    Dig.Answer cut = dig.ask("many.example.com", "A", "+ignore", "+noedns");
    assertThat(cut.flags()).contains("tc");
    assertThat(cut.data("A")).hasSizeBetween(20, 31);
    assertThat(dig.ask("many.example.com", "A", "+noedns").data("A")).hasSize(100);
    assertThat(dig.ask("many.example.com", "A", "+bufsize=4096", "+ignore").flags())
        .doesNotContain("tc");

    assertThat(dig.ask("big.example", "TXT", "+ignore", "+noedns").flags())
        .as("of a resolver")
        .contains("tc");
    assertThat(dig.ask("big.example", "TXT").data("TXT")).hasSize(20);
  }

  @Test
  void failsAllQueriesBeforeItKnowsTheNames() throws IOException {
    DnsProxy proxy = proxy(false, LONG, 100, resolver.address());

    assertThat(proxy.isReady()).isFalse();
    assertThat(dig(proxy).ask("reviews.default", "A").status()).isEqualTo("SERVFAIL");
    assertThat(dig(proxy).ask("outside.example", "A").status()).isEqualTo("SERVFAIL");

    proxy.names(table());
    assertThat(proxy.isReady()).isTrue();
    assertThat(dig(proxy).ask("outside.example", "A").status()).isEqualTo("NOERROR");
  }

  @Test
  void asksTheNextResolverWhereOneIsSilentOrAwayOrCannotTell() throws Exception {
    DatagramSocket silent = silent();
    Dnsmasq ignorant = Dnsmasq.start();
    open.add(ignorant);
    InetSocketAddress away;
    try (DatagramSocket closed = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0))) {
      away = (InetSocketAddress) closed.getLocalSocketAddress();
    }
    DnsProxy proxy =
        proxy(
            false,
            Duration.ofMillis(300),
            100,
            (InetSocketAddress) silent.getLocalSocketAddress(),
            away,
            ignorant.address(),
            resolver.address());
    proxy.names(table());

    assertThat(dig(proxy).ask("outside.example", "A").data("A")).containsExactly("192.0.2.55");
    assertThat(dig(proxy).ask("outside.example", "A", "+tcp").data("A"))
        .containsExactly("192.0.2.55");
  }

  @Test
  void asksAllResolversAtOnce() throws Exception {
    DatagramSocket silent = silent();
    DnsProxy proxy =
        proxy(
            true,
            LONG,
            100,
            (InetSocketAddress) silent.getLocalSocketAddress(),
            resolver.address());
    proxy.names(table());

    assertThat(dig(proxy).ask("outside.example", "A").data("A")).containsExactly("192.0.2.55");

    silent.receive(new DatagramPacket(new byte[512], 512));
  }

  @Test
  void saysThatItFailedWhereNoResolverAnswers() throws Exception {
    DatagramSocket silent = silent();
    DnsProxy proxy =
        proxy(
            false, Duration.ofMillis(200), 100, (InetSocketAddress) silent.getLocalSocketAddress());
    proxy.names(table());

    assertThat(dig(proxy).ask("outside.example", "A").status()).isEqualTo("SERVFAIL");
    assertThat(proxy.metrics()).contains("dns_upstream_failures_total 1\n");
    assertThat(dig(proxy(true, LONG, 100)).ask("outside.example", "A").status())
        .as("without a resolver")
        .isEqualTo("SERVFAIL");
  }

  @Test
  void takesNoForgedAnswer() throws Exception {
    DatagramSocket resolver = silent();
    DatagramSocket stranger = silent();
    DnsProxy proxy = proxy(false, LONG, 100, (InetSocketAddress) resolver.getLocalSocketAddress());
    proxy.names(table());
    CompletableFuture<Dig.Answer> asked =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return dig(proxy).ask("outside.example", "A", "+noedns");
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    DatagramPacket query = new DatagramPacket(new byte[512], 512);
    resolver.receive(query);
    byte[] good = answer(query, (byte) 1);

    byte[] otherId = answer(query, (byte) 66);
    otherId[0] ^= 1;
    byte[] otherName = answer(query, (byte) 67);
    otherName[13] = 'z';
    byte[] noResponse = answer(query, (byte) 68);
    noResponse[2] &= 0x7f;
    stranger.send(packet(answer(query, (byte) 69), query));
    for (byte[] each : List.of(otherId, otherName, noResponse, new byte[5])) {
      resolver.send(packet(each, query));
    }
    resolver.send(packet(good, query));

    assertThat(asked.join().data("A")).containsExactly("192.0.2.1");
    assertThat(proxy.metrics()).contains("flotilla_dns_mismatches_total 4\n");
  }

  private static DatagramPacket packet(byte[] bytes, DatagramPacket to) {
    return new DatagramPacket(bytes, bytes.length, to.getSocketAddress());
  }

  /** The answer 192.0.2.{@code last}. */
  private static byte[] answer(DatagramPacket query, byte last) {
    ByteBuffer out = ByteBuffer.allocate(query.getLength() + 16);
    out.put(query.getData(), 0, query.getLength());
    out.putShort((short) 0xc00c).putShort((short) 1).putShort((short) 1).putInt(9);
    out.putShort((short) 4).put(new byte[] {(byte) 192, 0, 2, last});
    out.put(2, (byte) (out.get(2) | 0x80));
    out.putShort(6, (short) 1);
    return out.array();
  }

  @Test
  void refusesAndCountsHostilePackets() throws Exception {
    DnsProxy proxy = proxy();
    try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0))) {
      socket.connect(proxy.addresses().getFirst());
      socket.setSoTimeout(PATIENCE_MILLIS);
      String good = "0001 0100 0001 0000 0000 0000 0772657669 65777300 0001 0001";

      assertThat(code(socket, good.replace("0100 0001", "2800 0001"))).as("an update").isEqualTo(4);
      assertThat(code(socket, good.replace("00 0001 0001", "00 00fc 0001")))
          .as("a zone")
          .isEqualTo(5);
      assertThat(code(socket, good.replace("0100 0001", "0100 0002"))).as("two").isEqualTo(1);
      assertThat(code(socket, good.replace("0100 0001", "0100 0000"))).as("none").isEqualTo(1);
      assertThat(code(socket, "0001 0100 0001 0000 0000 0000 c00c 0001 0001"))
          .as("a name that points at itself")
          .isEqualTo(1);
      assertThat(code(socket, "0001 0100 0001 0000 0000 0000 3f61")).as("cut off").isEqualTo(1);
      assertThat(code(socket, "0001 0100 0001 0000 0000 0000 " + "3f" + "61".repeat(63) + "00"))
          .as("no type")
          .isEqualTo(1);
      assertThat(
              code(
                  socket,
                  "0001 0100 0001 0000 0000 0000"
                      + ("3f" + "61".repeat(63)).repeat(4)
                      + "00 0001 0001"))
          .as("a name of more than 255 bytes")
          .isEqualTo(1);
      String opt = "00 0029 1000 00000000 0000";
      assertThat(code(socket, good.replace("0000 0772", "0002 0772") + opt + opt))
          .as("two OPT records")
          .isEqualTo(1);
      assertThat(
              code(socket, good.replace("0000 0772", "0001 0772") + "00 0029 1000 00000000 ffff"))
          .as("a record longer than the message")
          .isEqualTo(1);
      assertThat(code(socket, good + "00".repeat(5000))).as("too long").isEqualTo(1);
      socket.send(bytes("0001 01"));
      socket.send(bytes(good.replace("0100 0001", "8180 0001")));
      Random random = new Random(1);
      for (int i = 0; i < 3000; i++) {
        byte[] noise = new byte[random.nextInt(60)];
        random.nextBytes(noise);
        if (noise.length > 2) {
          noise[2] |= (byte) 0x80;
        }
        socket.send(new DatagramPacket(noise, noise.length));
      }
      // The noise may have filled the socket: what was sent behind it may be lost.
      socket.setSoTimeout(200);
      int code = -1;
      while (code < 0) {
        try {
          code = code(socket, good);
        } catch (SocketTimeoutException e) {
          code = -1;
        }
      }
      assertThat(code).as("it still answers").isZero();
    }
    String metrics = proxy.metrics();
    assertThat(metrics)
        .contains(
            "flotilla_dns_refused_total{reason=\"operation\"} 1\n",
            "flotilla_dns_refused_total{reason=\"transfer\"} 1\n",
            "flotilla_dns_refused_total{reason=\"too_long\"} 1\n",
            "dns_upstream_requests_total 0\n");
  }

  private static DatagramPacket bytes(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    return new DatagramPacket(bytes, bytes.length);
  }

  /** The code of the answer to a packet; answers without one to others are passed over. */
  private static int code(DatagramSocket socket, String hex) throws IOException {
    socket.send(bytes(hex));
    DatagramPacket answer = new DatagramPacket(new byte[4096], 4096);
    socket.receive(answer);
    assertThat(answer.getData()[2] & 0x80).isEqualTo(0x80);
    return answer.getData()[3] & 0xf;
  }

  @Test
  void answersManyQueriesOfOneConnectionAndEndsThoseThatAreNone() throws Exception {
    DnsProxy proxy = proxy();
    try (Socket socket = new Socket(LOOPBACK, proxy.addresses().getFirst().getPort())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] known = bytes("0000 0100 0001 0000 0000 0000 0772657669 65777300 0001 0001").getData();
      byte[] outside =
          bytes("0000 0100 0001 0000 0000 0000 076f757473696465 076578616d706c65 00 0001 0001")
              .getData();
      Set<Integer> left = new HashSet<>();
      for (int id = 1; id <= 200; id++) {
        byte[] query = id % 2 == 0 ? known.clone() : outside.clone();
        query[1] = (byte) id;
        out.writeShort(query.length);
        out.write(query);
        left.add(id);
      }
      for (int i = 0; i < 200; i++) {
        byte[] answer = in.readNBytes(in.readUnsignedShort());
        assertThat(left.remove(answer[1] & 0xff)).isTrue();
        assertThat(answer[3] & 0xf).isZero();
      }

      out.writeShort(3);
      out.write(new byte[3]);
      assertThat(in.read()).as("closed").isEqualTo(-1);
    }
  }

  @Test
  void boundsHowManyQueriesWait() throws Exception {
    DatagramSocket silent = silent();
    DnsProxy proxy = proxy(false, LONG, 4, (InetSocketAddress) silent.getLocalSocketAddress());
    proxy.names(table());
    try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0))) {
      socket.connect(proxy.addresses().getFirst());
      socket.setSoTimeout(PATIENCE_MILLIS);
      DatagramPacket query =
          bytes("0001 0100 0001 0000 0000 0000 076f757473696465 076578616d706c65 00 0001 0001");
      for (int i = 0; i < 10; i++) {
        socket.send(query);
      }
      for (int i = 0; i < 6; i++) {
        DatagramPacket answer = new DatagramPacket(new byte[512], 512);
        socket.receive(answer);
        assertThat(answer.getData()[3] & 0xf).as("SERVFAIL").isEqualTo(2);
      }
    }
    assertThat(proxy.metrics())
        .contains(
            "flotilla_dns_refused_total{reason=\"overload\"} 6\n",
            "dns_upstream_requests_total 4\n");
  }

  /** A socket that answers nothing by itself. */
  private DatagramSocket silent() throws IOException {
    DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
    socket.setSoTimeout(PATIENCE_MILLIS);
    open.add(socket);
    return socket;
  }
}
