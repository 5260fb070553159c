// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.bootstrap.v3.Admin;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.Capabilities;
import io.flotilla.xds.codec.EnvoyEncoder;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.VersionedResource;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A real Envoy that runs a snapshot from its start. */
final class StaticEnvoy implements AutoCloseable {
  private static final Pattern PORT =
      Pattern.compile("^(\\S+)::127\\.0\\.0\\.1:(\\d+)$", Pattern.MULTILINE);

  private final Process process;
  private final Path log;
  private String admin = "";
  private final Map<String, Integer> ports = new HashMap<>();

  StaticEnvoy(String binary, Path folder, ProxySnapshot snapshot)
      throws IOException, InterruptedException {
    Path config = folder.resolve("envoy.pb");
    Path adminFile = folder.resolve("admin");
    log = folder.resolve("envoy.log");
    try (OutputStream out = Files.newOutputStream(config)) {
      bootstrap(snapshot).writeTo(out);
    }
    process =
        new ProcessBuilder(
                binary,
                "-c",
                config.toString(),
                "--admin-address-path",
                adminFile.toString(),
                "--disable-hot-restart",
                "--concurrency",
                "1",
                "--file-flush-interval-msec",
                "20",
                "-l",
                "error")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!Files.exists(adminFile)
        || Files.size(adminFile) == 0
        || !findPorts(adminFile, snapshot)) {
      assertThat(process.isAlive()).as(() -> "Envoy runs: " + log()).isTrue();
      assertThat(System.nanoTime()).as(() -> "Envoy is up: " + log()).isLessThan(end);
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
  }

  private boolean findPorts(Path adminFile, ProxySnapshot snapshot)
      throws IOException, InterruptedException {
    admin = "http://" + Files.readString(adminFile).strip();
    try (HttpClient http = HttpClient.newHttpClient()) {
      Matcher m =
          PORT.matcher(
              http.send(
                      HttpRequest.newBuilder(URI.create(admin + "/listeners")).build(),
                      HttpResponse.BodyHandlers.ofString())
                  .body());
      while (m.find()) {
        ports.put(m.group(1), Integer.parseInt(m.group(2)));
      }
    } catch (ConnectException e) {
      // It may have refused its configuration and ended; its log then says why.
      return false;
    }
    return ports.keySet().containsAll(snapshot.listeners().keySet());
  }

  private static Bootstrap bootstrap(ProxySnapshot snapshot) throws InvalidProtocolBufferException {
    ResourceSet set = new EnvoyEncoder(new Capabilities(false, false, false)).encode(snapshot);
    Bootstrap.Builder b =
        Bootstrap.newBuilder()
            .setAdmin(
                Admin.newBuilder()
                    .setAddress(
                        Address.newBuilder()
                            .setSocketAddress(
                                SocketAddress.newBuilder()
                                    .setAddress("127.0.0.1")
                                    .setPortValue(0))));
    for (VersionedResource each : set.types().get(TypeUrl.LISTENER).values()) {
      b.getStaticResourcesBuilder().addListeners(anyMethod(each.body().unpack(Listener.class)));
    }
    for (VersionedResource each : set.types().get(TypeUrl.CLUSTER).values()) {
      b.getStaticResourcesBuilder().addClusters(each.body().unpack(Cluster.class));
    }
    return b.build();
  }

  /** Envoy's parser refuses methods that it does not know; policies may name any. */
  private static Listener anyMethod(Listener listener) throws InvalidProtocolBufferException {
    Listener.Builder out = listener.toBuilder();
    for (int c = 0; c < out.getFilterChainsCount(); c++) {
      FilterChain.Builder chain = out.getFilterChainsBuilder(c);
      for (int f = 0; f < chain.getFiltersCount(); f++) {
        Filter filter = chain.getFilters(f);
        if (filter.getTypedConfig().is(HttpConnectionManager.class)) {
          HttpConnectionManager.Builder http =
              filter.getTypedConfig().unpack(HttpConnectionManager.class).toBuilder();
          http.getHttpProtocolOptionsBuilder().setAllowCustomMethods(true);
          chain.setFilters(f, filter.toBuilder().setTypedConfig(Any.pack(http.build())));
        }
      }
    }
    return out.build();
  }

  /** Its counters and gauges whose names hold a word, and that are not zero. */
  Map<String, Long> statistics(String word) throws IOException, InterruptedException {
    Map<String, Long> out = new java.util.TreeMap<>();
    try (HttpClient http = HttpClient.newHttpClient()) {
      String text =
          http.send(
                  HttpRequest.newBuilder(URI.create(admin + "/stats?usedonly")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      for (String line : text.split("\n")) {
        int colon = line.lastIndexOf(": ");
        String value = line.substring(colon + 2);
        if (colon > 0 && line.contains(word) && value.matches("[1-9]\\d*")) {
          out.put(line.substring(0, colon), Long.parseLong(value));
        }
      }
    }
    return out;
  }

  int port(String listener) {
    return ports.get(listener);
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
