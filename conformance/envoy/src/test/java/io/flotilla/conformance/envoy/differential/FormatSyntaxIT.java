// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.format.FormatString;
import io.flotilla.model.format.Operator;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A format is taken here if, and only if, Envoy takes it: one listener a format tells. */
class FormatSyntaxIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE = "type.googleapis.com/envoy.";

  /** They run an expression language, or JSON, which formats do not take here. */
  private static final Set<Operator> NOT_HERE =
      Set.of(Operator.CEL, Operator.TYPED_CEL, Operator.COALESCE);

  private static List<String> formats() {
    List<String> out = new ArrayList<>();
    for (Operator each : Operator.values()) {
      if (!NOT_HERE.contains(each)) {
        for (String form : List.of("", "(x)", ":5", "(x):5", "()")) {
          out.add("%" + each + form + "%");
        }
      }
    }
    out.addAll(
        List.of(
            "%NO_SUCH_OPERATOR%",
            "%REQ(a?b)%",
            "%REQ(a?b?c)%",
            "%REQ(a",
            "100%",
            "100%%",
            "%%%PROTOCOL%",
            "%protocol%",
            "%PROTOCOL",
            "%START_TIME(%Y/%m %H:%M:%S.%3f %z)%",
            "%COMMON_DURATION(DS_RX_BEG:US_TX_END)%",
            "%COMMON_DURATION(DS_RX_BEG:US_TX_END:us)%",
            "%COMMON_DURATION(DS_RX_BEG:US_TX_END:s)%",
            "%COMMON_DURATION(DS_RX_BEG)%",
            "%FILTER_STATE(a:PLAIN)%",
            "%FILTER_STATE(a:NONE)%",
            "%FILTER_STATE(a:FIELD)%",
            "%FILTER_STATE(a:FIELD:b)%",
            "%GRPC_STATUS(CAMEL_STRING)%",
            "%GRPC_STATUS(NUMBER)%",
            "%PATH(NQ:ORIG)%",
            "%PATH(NQ:NONE)%",
            "%PATH(NQ):7%",
            "%QUERY_PARAMS(DECODED)%",
            "%REQUESTED_SERVER_NAME(SNI_FIRST:HOST)%",
            "%REQUESTED_SERVER_NAME(SNI_FIRST:NONE)%",
            "%METADATA(ROUTE:a:b)%",
            "%METADATA(CLUSTER:a:b):5%",
            "%METADATA(VIRTUAL_HOST:a)%",
            "%METADATA(NONE:a:b)%",
            "%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%",
            "%DYNAMIC_METADATA(a:b:c):3%",
            "%UPSTREAM_METADATA(a:b):3%"));
    return out;
  }

  private static ObjectNode listener(int number, String format) {
    ObjectNode log = JSON.createObjectNode().put("name", "log");
    ObjectNode file =
        log.putObject("typed_config")
            .put("@type", TYPE + "extensions.access_loggers.file.v3.FileAccessLog")
            .put("path", "/dev/null");
    ObjectNode lines = file.putObject("log_format");
    lines.putObject("text_format_source").put("inline_string", format);
    ArrayNode formatters = lines.putArray("formatters");
    formatters
        .addObject()
        .put("name", "envoy.formatter.req_without_query")
        .putObject("typed_config")
        .put("@type", TYPE + "extensions.formatter.req_without_query.v3.ReqWithoutQuery");
    formatters
        .addObject()
        .put("name", "envoy.formatter.metadata")
        .putObject("typed_config")
        .put("@type", TYPE + "extensions.formatter.metadata.v3.Metadata");
    ObjectNode listener =
        JSON.createObjectNode()
            .put("@type", TYPE + "config.listener.v3.Listener")
            .put("name", format)
            .put("bind_to_port", false);
    listener
        .putObject("address")
        .putObject("socket_address")
        .put("address", "127.44.0.1")
        .put("port_value", 1024 + number);
    ObjectNode proxy =
        listener
            .putArray("filter_chains")
            .addObject()
            .putArray("filters")
            .addObject()
            .put("name", "tcp")
            .putObject("typed_config")
            .put("@type", TYPE + "extensions.filters.network.tcp_proxy.v3.TcpProxy")
            .put("stat_prefix", "x")
            .put("cluster", "x");
    proxy.putArray("access_log").add(log);
    return listener;
  }

  @Test
  void takesTheFormatsThatEnvoyTakes(@TempDir Path folder) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    List<String> formats = formats();
    ObjectNode answer = JSON.createObjectNode().put("version_info", "1");
    ArrayNode resources = answer.putArray("resources");
    for (int i = 0; i < formats.size(); i++) {
      resources.add(listener(i, formats.get(i)));
    }
    // One that is taken in any case, to know when all have been looked at.
    resources.add(listener(formats.size(), "last"));
    Path listeners = folder.resolve("lds.json");
    JSON.writeValue(listeners.toFile(), answer);
    ObjectNode bootstrap = JSON.createObjectNode();
    bootstrap.putObject("node").put("id", "a").put("cluster", "c");
    bootstrap
        .putObject("admin")
        .putObject("address")
        .putObject("socket_address")
        .put("address", "127.0.0.1")
        .put("port_value", 0);
    ObjectNode lds = bootstrap.putObject("dynamic_resources").putObject("lds_config");
    lds.put("resource_api_version", "V3")
        .putObject("path_config_source")
        .put("path", listeners.toString());
    Path config = folder.resolve("envoy.json");
    JSON.writeValue(config.toFile(), bootstrap);

    Set<String> theirs = taken(config, folder);
    theirs.remove("last");
    Set<String> ours = new TreeSet<>();
    for (String format : formats) {
      try {
        FormatString.parse(format);
        ours.add(format);
      } catch (InvalidModelException refused) {
        assertThat(refused.getMessage()).isNotEmpty();
      }
    }
    Set<String> more = new TreeSet<>(ours);
    more.removeAll(theirs);
    Set<String> fewer = new TreeSet<>(theirs);
    fewer.removeAll(ours);
    assertThat(more).as("formats that Envoy refuses").isEmpty();
    assertThat(fewer).as("formats that Envoy takes").isEmpty();
    assertThat(ours).hasSizeGreaterThan(300);
  }

  private static Set<String> taken(Path config, Path folder) throws Exception {
    Path admin = folder.resolve("admin");
    Process envoy =
        new ProcessBuilder(
                ENVOY,
                "-c",
                config.toString(),
                "--admin-address-path",
                admin.toString(),
                "--disable-hot-restart",
                "--concurrency",
                "1",
                "-l",
                "off")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (HttpClient http = HttpClient.newHttpClient()) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      Set<String> names = new TreeSet<>();
      while (!names.contains("last")) {
        assertThat(System.nanoTime()).as("Envoy read its listeners").isLessThan(end);
        TimeUnit.MILLISECONDS.sleep(50);
        if (Files.exists(admin) && Files.size(admin) > 0) {
          names = listeners(http, Files.readString(admin).strip());
        }
      }
      return names;
    } finally {
      envoy.descendants().forEach(ProcessHandle::destroy);
      envoy.destroy();
      envoy.waitFor(5, TimeUnit.SECONDS);
    }
  }

  private static Set<String> listeners(HttpClient http, String admin) throws Exception {
    Set<String> names = new TreeSet<>();
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://" + admin + "/listeners?format=json"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      for (JsonNode each : JSON.readTree(answer.body()).path("listener_statuses")) {
        names.add(each.path("name").asText());
      }
    } catch (ConnectException starting) {
      return names;
    }
    return names;
  }
}
