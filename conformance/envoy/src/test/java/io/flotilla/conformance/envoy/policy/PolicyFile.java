// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.security.AccessRule;
import io.flotilla.api.security.AuthorizationPolicy;
import io.flotilla.api.yaml.Manifest;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.translate.policy.AuthorizationPolicies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The policies of one file, translated for one workload.
 *
 * @param name the file's, and what tells its readings apart
 * @param rules of all policies
 */
record PolicyFile(
    String name, List<AccessRule> rules, List<HttpFilter> http, List<NetworkFilter> tcp) {
  private static final Map<String, String> LABELS = Map.of("app", "httpbin", "version", "v1");

  /** All files of a folder, each for a mesh of one trust domain and for one with aliases. */
  static List<PolicyFile> read(Path folder) throws IOException {
    List<PolicyFile> out = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        String name = folder.relativize(file).toString().replaceAll("[^a-z0-9]+", "-");
        String yaml = sendable(Files.readString(file));
        out.add(of(name + "-own", yaml, List.of("cluster.local")));
        out.add(of(name + "-aliased", yaml, List.of("td1", "some-td", "another.local")));
      }
    }
    return out;
  }

  /** Names that no path or method could have, as names that one can: "rule[0]" as "rule_0". */
  private static String sendable(String yaml) {
    return yaml.replaceAll("\\[(\\d)]", "_$1")
        .replaceAll("\"rule_(\\d)-to_(\\d)-path", "\"/rule_$1-to_$2-path");
  }

  static PolicyFile of(String name, String yaml, List<String> trustDomains) {
    Manifest manifest = new ManifestReader().read(yaml, name);
    if (!manifest.rejections().isEmpty()) {
      throw new AssertionError(manifest.rejections());
    }
    List<Resource<AuthorizationPolicy>> policies =
        manifest.resources().stream().map(r -> r.as(Kinds.AUTHORIZATION_POLICY)).toList();
    AuthorizationPolicies translated =
        new AuthorizationPolicies(
            List.of(), policies, LABELS, trustDomains, Map.of(), (host, port) -> Optional.empty());
    List<HttpFilter> http = new ArrayList<>(translated.custom());
    http.addAll(translated.http());
    return new PolicyFile(
        name,
        policies.stream().flatMap(p -> p.spec().rules().stream()).toList(),
        http,
        translated.tcp());
  }
}
