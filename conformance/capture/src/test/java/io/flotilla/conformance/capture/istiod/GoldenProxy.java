// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture.istiod;

import com.google.protobuf.Any;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.Secret;
import io.flotilla.proxy.EngineConfig;
import io.flotilla.proxy.Overload;
import io.flotilla.proxy.ProxyEngine;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.telemetry.api.SpanSink;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.EnvoyDecoder;
import io.flotilla.xds.codec.Golden;
import io.flotilla.xds.codec.ResourceError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Our engine with what istiod sent, as it was sent; only the keys, which the corpus has none of,
 * are ours. What it refuses it says, one line each, and goes on with the rest.
 *
 * <p>Arguments: the scenario's folder, the name of its "out" folder, the proxy's node id, the
 * folder of secrets ("default.crt", "default.key", "ca.crt", and for a gateway's credential NAME
 * the files "NAME.crt", "NAME.key" with "/" and ":" as "_"), and "router" or "sidecar".
 */
public final class GoldenProxy {
  private GoldenProxy() {}

  /** Serves until its input ends. */
  public static void main(String[] arguments) throws Exception {
    Path secrets = Path.of(arguments[3]);
    ProxySnapshot snapshot = snapshot(Path.of(arguments[0]), arguments[1], secrets);
    ProxyEngine engine =
        new ProxyEngine(
            new EngineConfig(
                "golden",
                PeerIdentity.UNKNOWN,
                arguments[2],
                arguments[4].equals("router"),
                SpanSink.none(),
                record -> {},
                false,
                Duration.ofSeconds(1),
                Overload.ofProcess()));
    engine.apply(snapshot).join().problems().forEach(p -> System.out.println("problem: " + p));
    System.out.println("ready");
    while (System.in.read() >= 0) {
      continue;
    }
    System.exit(0);
  }

  private static ProxySnapshot snapshot(Path scenario, String out, Path keys) throws IOException {
    Map<String, Listener> listeners = new LinkedHashMap<>();
    Map<String, RouteConfiguration> routes = new LinkedHashMap<>();
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    Map<String, ClusterLoadAssignment> endpoints = new LinkedHashMap<>();
    Map<String, Secret> secrets = new LinkedHashMap<>();
    Optional<NameTable> names = Optional.empty();
    secrets.put("default", pair("default", keys, "default"));
    secrets.put("ROOTCA", bundle("ROOTCA", keys));
    // Those on the pod's own disk, which its agent serves.
    for (String name :
        List.of(
            "file-cert:/etc/certs/tls.crt~/etc/certs/tls.key",
            "file-cert:/etc/certs/client.pem~/etc/certs/key.pem")) {
      secrets.put(name, pair(name, keys, file(name)));
    }
    for (String name :
        List.of("file-root:/etc/certs/ca.crt", "file-root:/etc/certs/ca.pem", "file-root:system")) {
      secrets.put(name, bundle(name, keys));
    }
    for (Map.Entry<String, List<Any>> file : Golden.scenario(scenario).entrySet()) {
      if (!file.getKey().startsWith(out + "/")) {
        continue;
      }
      for (Any any : file.getValue()) {
        try {
          switch (any.getTypeUrl()) {
            case TypeUrl.LISTENER -> {
              Listener l = EnvoyDecoder.listener("", any);
              listeners.put(l.name(), l);
            }
            case TypeUrl.ROUTES -> {
              RouteConfiguration r = EnvoyDecoder.routes("", any);
              routes.put(r.name(), r);
            }
            case TypeUrl.CLUSTER -> {
              Cluster c = EnvoyDecoder.cluster("", any);
              clusters.put(c.name(), c);
            }
            case TypeUrl.ENDPOINTS -> {
              ClusterLoadAssignment a = EnvoyDecoder.endpoints("", any);
              endpoints.put(a.clusterName(), a);
            }
            case TypeUrl.SECRET -> {
              String name = EnvoyDecoder.secret("", any).name();
              secrets.put(
                  name,
                  name.endsWith("-cacert") ? bundle(name, keys) : pair(name, keys, file(name)));
            }
            case TypeUrl.NAME_TABLE -> names = Optional.of(EnvoyDecoder.names("", any));
            default -> throw new IllegalStateException(any.getTypeUrl());
          }
        } catch (ResourceError e) {
          System.out.println("refused: " + e.getMessage());
        }
      }
    }
    return new ProxySnapshot(1, listeners, routes, clusters, endpoints, secrets, names);
  }

  /** The name of a secret as a file's. */
  static String file(String secret) {
    return secret.replaceAll("[:/~]+", "_");
  }

  private static Secret pair(String name, Path folder, String file) throws IOException {
    return new Secret.KeyPair(
        name,
        Files.readString(folder.resolve(file + ".crt")),
        Files.readString(folder.resolve(file + ".key")));
  }

  private static Secret bundle(String name, Path folder) throws IOException {
    return new Secret.TrustBundle(name, Files.readString(folder.resolve("ca.crt")));
  }
}
