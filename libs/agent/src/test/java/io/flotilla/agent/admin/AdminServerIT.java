// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdminServerIT {
  @Test
  void answersAQuestionByItsQuery() throws Exception {
    try (AdminServer server = new AdminServer(Runnable::run);
        HttpClient client = HttpClient.newHttpClient()) {
      int port =
          server.open(
              "127.0.0.1",
              0,
              Map.of("/ready", () -> AdminAnswer.text("ready\n")),
              Map.of("/config_dump", query -> AdminAnswer.text(query.get("resource").getFirst())),
              Map.of());

      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + port + "/config_dump?resource=bootstrap"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("bootstrap");
    }
  }
}
