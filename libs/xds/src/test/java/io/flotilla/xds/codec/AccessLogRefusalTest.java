// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import org.junit.jupiter.api.Test;

class AccessLogRefusalTest {
  private static void refuses(SubstitutionFormatString.Builder format, String words) {
    Listener listener =
        Listener.newBuilder()
            .setName("a-listener")
            .setAddress(
                Address.newBuilder()
                    .setSocketAddress(
                        SocketAddress.newBuilder().setAddress("127.0.0.1").setPortValue(1)))
            .addFilterChains(
                FilterChain.newBuilder()
                    .addFilters(
                        Filter.newBuilder()
                            .setName("tcp")
                            .setTypedConfig(
                                Any.pack(
                                    TcpProxy.newBuilder()
                                        .setStatPrefix("x")
                                        .setCluster("x")
                                        .addAccessLog(
                                            AccessLog.newBuilder()
                                                .setName("file")
                                                .setTypedConfig(
                                                    Any.pack(
                                                        FileAccessLog.newBuilder()
                                                            .setPath("/dev/null")
                                                            .setLogFormat(format)
                                                            .build())))
                                        .build()))))
            .build();
    assertThatThrownBy(() -> EnvoyDecoder.listener("a-listener", Any.pack(listener)))
        .isInstanceOf(ResourceError.class)
        .hasMessageContaining(words);
  }

  private static SubstitutionFormatString.Builder text(String format) {
    return SubstitutionFormatString.newBuilder()
        .setTextFormatSource(DataSource.newBuilder().setInlineString(format));
  }

  @Test
  void namesTheOperatorThatItDoesNotKnow() {
    refuses(text("%PROTOCOL% %NO_SUCH_OPERATOR%"), "%NO_SUCH_OPERATOR%");
  }

  @Test
  void namesTheOperatorWhoseArgumentItDoesNotUnderstand() {
    refuses(text("%GRPC_STATUS(HUGE)%"), "%GRPC_STATUS%");
    refuses(text("%REQ%"), "%REQ%");
    refuses(text("%PROTOCOL(x)%"), "%PROTOCOL%");
  }

  @Test
  void namesAnUnknownOperatorDeepInJson() {
    refuses(
        SubstitutionFormatString.newBuilder()
            .setJsonFormat(
                Struct.newBuilder()
                    .putFields(
                        "a",
                        Value.newBuilder()
                            .setStructValue(
                                Struct.newBuilder()
                                    .putFields(
                                        "b", Value.newBuilder().setStringValue("%NOPE%").build()))
                            .build())),
        "%NOPE%");
  }

  @Test
  void saysWhereAPercentSignBeginsNoOperator() {
    refuses(text("100% sure"), "position 3");
  }
}
