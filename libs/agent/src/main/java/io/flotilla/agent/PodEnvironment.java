// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The configuration of a proxy that runs in a pod, read from what Istio's injection templates put
 * there: POD_NAME, POD_NAMESPACE, INSTANCE_IP, SERVICE_ACCOUNT, ISTIO_META_*, TRUST_DOMAIN,
 * CA_ADDR, PROXY_CONFIG, DNS_PROXY_ADDR, DNS_FORWARD_PARALLEL, the downward API's labels file, the
 * projected token and the root certificate.
 */
public final class PodEnvironment {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final Pattern LABEL = Pattern.compile("([^=]+)=\"(.*)\"");
  private static final String DEFAULT_PILOT = "istiod.istio-system.svc:15012";

  private final Map<String, String> env;
  private final Path root;

  /**
   * @param env the process's environment
   * @param root the file system's root, "/" outside tests
   */
  public PodEnvironment(Map<String, String> env, Path root) {
    this.env = Map.copyOf(env);
    this.root = root;
  }

  /** Reads a configuration from a JSON file; the error names the file. */
  public static AgentConfig read(Path file) throws IOException {
    try {
      return JSON.readValue(file.toFile(), AgentConfig.class);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "the proxy configuration " + file + " is invalid: " + e.getMessage(), e);
    }
  }

  /**
   * The configuration.
   *
   * @param type "sidecar" or "router"
   * @throws IOException if a file that is named cannot be read
   */
  public AgentConfig config(String type) throws IOException {
    String pilot = discoveryAddress();
    return new AgentConfig(
        type,
        env.get("POD_NAME"),
        env.get("POD_NAMESPACE"),
        env.get("ISTIO_META_WORKLOAD_NAME"),
        env.get("INSTANCE_IP"),
        null,
        env.get("SERVICE_ACCOUNT"),
        labels(),
        env.getOrDefault("ISTIO_META_INTERCEPTION_MODE", "REDIRECT"),
        Map.of(),
        Map.of(),
        new AgentConfig.ControlPlane(
            pilot,
            !pilot.endsWith(":15010"),
            env.getOrDefault("CA_ADDR", pilot),
            in("var/run/secrets/istio/root-cert.pem"),
            in("var/run/secrets/tokens/istio-token")),
        "flotilla",
        null,
        env.get("FLOTILLA_TRACES_ADDRESS"),
        in("etc/istio/proxy"),
        env.get("ISTIO_META_CLUSTER_ID"),
        env.get("TRUST_DOMAIN"),
        0,
        0,
        "true".equals(env.get("ISTIO_META_DNS_CAPTURE")) ? dns() : null);
  }

  private AgentConfig.Dns dns() {
    return new AgentConfig.Dns(
        env.get("DNS_PROXY_ADDR"),
        in("etc/resolv.conf"),
        null,
        null,
        "true".equals(env.get("DNS_FORWARD_PARALLEL")),
        0,
        0);
  }

  private Path in(String path) {
    return root.resolve(path);
  }

  private String discoveryAddress() throws IOException {
    String json = env.get("PROXY_CONFIG");
    if (json == null || json.isBlank()) {
      return DEFAULT_PILOT;
    }
    try {
      JsonNode address = JSON.readTree(json).get("discoveryAddress");
      return address == null ? DEFAULT_PILOT : address.asText();
    } catch (IOException e) {
      throw new IOException("PROXY_CONFIG is not JSON: " + e.getMessage(), e);
    }
  }

  private Map<String, String> labels() throws IOException {
    Path file = in("etc/istio/pod/labels");
    Map<String, String> labels = new LinkedHashMap<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        Matcher m = LABEL.matcher(line);
        if (m.matches()) {
          labels.put(m.group(1), m.group(2));
        }
      }
    }
    if ("true".equals(env.get("ISTIO_META_ENABLE_HBONE"))) {
      labels.put(AgentConfig.TUNNEL, "http");
    }
    return labels;
  }
}
