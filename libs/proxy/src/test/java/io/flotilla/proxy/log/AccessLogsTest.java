// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.format.Operator;
import io.flotilla.model.listener.AccessLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogsTest {
  private final LogSource source =
      new LogSource() {
        @Override
        public Instant start() {
          return Instant.parse("2026-01-02T03:04:05.678Z");
        }

        @Override
        public @Nullable Object value(Operator operator) {
          return switch (operator) {
            case RESPONSE_CODE -> 200;
            case UPSTREAM_HOST -> "10.0.0.1:80";
            default -> null;
          };
        }

        @Override
        public @Nullable String requestHeader(String name) {
          return name.equals(":path") ? "/a?b" : name.equals("user-agent") ? "a\"b" : null;
        }
      };

  @Test
  void writesOperatorsAlternativesAndLimits() {
    LogFormat format =
        LogFormat.parse(
            "[%START_TIME%] %REQ(X-ORIGINAL?:PATH)% %REQ(:PATH):2% %REQ_WITHOUT_QUERY(:PATH)%"
                + " %RESPONSE_CODE% %RESP(x)% %ROUTE_NAME% 100%% %START_TIME(%s)%");

    assertThat(format.text(source))
        .isEqualTo("[2026-01-02T03:04:05.678Z] /a?b /a /a 200 - - 100% 1767323045");
  }

  @Test
  void appendsTextAndJsonToFiles(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("access.log");
    try (AccessLogs logs = new AccessLogs()) {
      logs.plan(
              List.of(
                  AccessLog.text(file.toString(), "%UPSTREAM_HOST%\n"),
                  AccessLog.json(
                      file.toString(),
                      Map.of(
                          "code",
                          "%RESPONSE_CODE%",
                          "agent",
                          "%REQ(user-agent)%",
                          "x",
                          "%ROUTE_NAME%"))))
          .write(source);
    }

    assertThat(Files.readString(file))
        .isEqualTo("10.0.0.1:80\n{\"agent\":\"a\\\"b\",\"code\":200,\"x\":null}\n");
  }

  @Test
  void fillsHeadersIn() {
    try (AccessLogs logs = new AccessLogs()) {
      assertThat(logs.header("p=%REQ(:path)%;%ROUTE_NAME%", source)).isEqualTo("p=/a?b;");
      assertThat(logs.header("plain", source)).isEqualTo("plain");
    }
  }
}
