// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proxy.detect.ClientHello;
import io.flotilla.proxy.detect.HttpSniff;
import io.flotilla.proxy.detect.ProxyHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Each parser of bytes from outside, on bytes that are nearly right. */
class ParserPropertyTest {
  private static final int TRIES = 5_000;

  // What may stand anywhere in the inputs, so that generated ones come near to the grammar.
  private static final List<String> TOKENS =
      List.of(
          "GET / HTTP/1.1\r\n",
          "POST /x HTTP/1.1\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          "Host: h\r\n",
          "Content-Length: 5\r\n",
          "Content-Length: 0\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Connection: close\r\n",
          "X: y\r\n",
          " folded\r\n",
          "\r\n",
          "\n",
          "\r",
          "hello",
          "5\r\nhello\r\n",
          "5;a=b\r\nhello\r\n",
          "0\r\n\r\n",
          "0\r\n",
          "FFFFFFFF\r\n",
          "100000005\r\n",
          "\0",
          "\u007f",
          "\u00e9",
          " ",
          "\t",
          ":",
          "{",
          "PROXY TCP4 10.1.2.3 10.4.5.6 1000 80\r\n",
          "PROXY UNKNOWN\r\n",
          "PROXY TCP6 ::1 ::2 1 2\r\n",
          "\r\n\r\n\0\r\nQUIT\n",
          "\u0021\21\0\u000c",
          "\u0021\21\0\0",
          "\26\3\1\0\u0030\1\0\0\u002c\3\3",
          "\0\0",
          "\0\20\0\5\0\3\2h2",
          "\0\0\0\5\0\3\0\0\1");

  @Provide
  Arbitrary<byte[]> inputs() {
    Arbitrary<String> noise =
        Arbitraries.strings().withCharRange((char) 0, (char) 255).ofMaxLength(8);
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(6, Arbitraries.of(TOKENS)), net.jqwik.api.Tuple.of(1, noise))
        .list()
        .ofMaxSize(14)
        .map(parts -> String.join("", parts).getBytes(StandardCharsets.ISO_8859_1));
  }

  @Property(tries = TRIES)
  void detectorsNeverFailAndMoveNothing(@ForAll("inputs") byte[] input) {
    ByteBuf in = Unpooled.wrappedBuffer(input);

    HttpSniff.of(in);
    HttpSniff.namesAnotherProtocol(in);
    ClientHello.parse(in);
    ProxyHeader.Result result = ProxyHeader.parse(in);

    assertThat(in.readableBytes()).isEqualTo(input.length);
    int length =
        switch (result) {
          case ProxyHeader.Result.Known known -> known.length();
          case ProxyHeader.Result.Unknown unknown -> unknown.length();
          default -> 0;
        };
    assertThat(length).isLessThanOrEqualTo(input.length);
  }

  @Property(tries = TRIES)
  void whatTheFirstBytesSayStaysTrue(@ForAll("inputs") byte[] input) {
    // Once a detector has decided, more bytes change nothing.
    HttpSniff decided = HttpSniff.INCOMPLETE;
    for (int n = 0; n <= input.length; n++) {
      HttpSniff now = HttpSniff.of(Unpooled.wrappedBuffer(input, 0, n));
      assertThat(decided == HttpSniff.INCOMPLETE || decided == now).isTrue();
      decided = now;
    }
  }

  @Property(tries = TRIES)
  void requestsAreTheSameHoweverTheyArrive(
      @ForAll("inputs") byte[] input, @ForAll("sizes") List<Integer> sizes) {
    assertThat(read(input, sizes)).isEqualTo(read(input, List.of(input.length + 1)));
  }

  @Provide
  Arbitrary<List<Integer>> sizes() {
    return Arbitraries.integers().between(1, 9).list().ofMinSize(1).ofMaxSize(5);
  }

  /** Heads, bodies joined, and where the input broke the grammar. */
  private static List<String> read(byte[] input, List<Integer> sizes) {
    EmbeddedChannel channel =
        new EmbeddedChannel(new StrictServerCodec(8192, 60 * 1024, 16 * 1024, head -> false));
    List<String> all = new ArrayList<>();
    StringBuilder body = new StringBuilder();
    int at = 0;
    for (int i = 0; at < input.length; i++) {
      int end = Math.min(input.length, at + sizes.get(i % sizes.size()));
      channel.writeInbound(Unpooled.copiedBuffer(input, at, end - at));
      at = end;
      for (Object message = channel.readInbound();
          message != null;
          message = channel.readInbound()) {
        if (message instanceof HttpRequest head) {
          all.add(
              head.decoderResult().isFailure()
                  ? "bad"
                  : head.method() + " " + head.uri() + " " + head.headers().entries());
        }
        if (message instanceof HttpContent content) {
          body.append(content.content().toString(StandardCharsets.ISO_8859_1));
          if (content.decoderResult().isFailure()) {
            all.add("bad body");
          } else if (content instanceof LastHttpContent) {
            all.add("body " + body);
          }
          if (content instanceof LastHttpContent) {
            body.setLength(0);
          }
        }
        ReferenceCountUtil.release(message);
      }
    }
    channel.finishAndReleaseAll();
    // Nothing counts after the first thing that is wrong.
    int bad = Math.max(all.indexOf("bad"), all.indexOf("bad body"));
    int first =
        all.contains("bad") && all.contains("bad body")
            ? Math.min(all.indexOf("bad"), all.indexOf("bad body"))
            : bad;
    return first < 0 ? all : all.subList(0, first + 1);
  }

  @Provide
  Arbitrary<Http2Headers> http2Heads() {
    Arbitrary<String> names =
        Arbitraries.of(
            ":method",
            ":path",
            ":scheme",
            ":authority",
            ":protocol",
            "host",
            "x",
            "cookie",
            "te",
            "content-length",
            "transfer-encoding",
            "connection",
            "a b",
            "X",
            "x\r\ny",
            "");
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.of(
                "GET",
                "POST",
                "CONNECT",
                "/",
                "/x",
                "/x HTTP/1.1\r\nY: z",
                "http",
                "https",
                "h",
                "h:1",
                "a@b",
                "5",
                "5,5",
                "chunked",
                "trailers",
                "",
                " x",
                "a\nb",
                "a\rb",
                "a\0b"),
            Arbitraries.strings().withCharRange((char) 0, (char) 255).ofMaxLength(6));
    return Combinators.combine(names, values)
        .as((name, value) -> new String[] {name, value})
        .list()
        .ofMaxSize(3)
        .map(
            fields -> {
              Http2Headers headers = new DefaultHttp2Headers(false);
              headers.add(":method", "GET").add(":scheme", "http").add(":path", "/");
              headers.add(":authority", "h");
              fields.forEach(
                  f -> {
                    if (f[0].startsWith(":")) {
                      headers.set(f[0], f[1]);
                    } else {
                      headers.add(f[0], f[1]);
                    }
                  });
              return headers;
            });
  }

  @Property(tries = TRIES)
  void whatPassesFromHttp2IsOneRequestInHttp1(@ForAll("http2Heads") Http2Headers headers) {
    if (!Http2HeadRules.isRequest(headers) || headers.path() == null) {
      return;
    }
    StringBuilder text = new StringBuilder();
    text.append(headers.method()).append(' ').append(headers.path()).append(" HTTP/1.1\r\n");
    int lines = 1;
    for (var field : headers) {
      if (field.getKey().length() > 0 && field.getKey().charAt(0) != ':') {
        text.append(field.getKey()).append(": ").append(field.getValue()).append("\r\n");
        lines++;
      }
    }
    text.append("\r\n");

    assertThat(text.toString().split("[\r\n]+")).hasSize(lines);
    assertThat(text.toString().indexOf("\r\n\r\n")).isEqualTo(text.length() - 4);
  }
}
