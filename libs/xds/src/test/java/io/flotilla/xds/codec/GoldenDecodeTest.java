// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.tls.Secret;
import io.flotilla.xds.codec.internal.ClusterCodec;
import io.flotilla.xds.codec.internal.EndpointCodec;
import io.flotilla.xds.codec.internal.ListenerCodec;
import io.flotilla.xds.codec.internal.NameTableCodec;
import io.flotilla.xds.codec.internal.RouteCodec;
import io.flotilla.xds.codec.internal.TlsCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GoldenDecodeTest {
  static final Set<String> WHOLLY =
      Set.of(
          "01-bookinfo-plain",
          "02-bookinfo-reviews-90-10",
          "03-bookinfo-ratings-inbound",
          "04a-fault-delay",
          "04b-fault-abort",
          "05-ingress-gateway",
          "07-egress-serviceentry",
          "08-peerauthentication",
          "09-authz-authn",
          "11-sidecar",
          "13-gateway-api",
          "14-gamma-httproute",
          "18-virtualservice-full",
          "19-registry-only",
          "20-meshconfig-dns");

  private static List<Path> scenarios = List.of();

  @BeforeAll
  static void find() throws IOException {
    Path folder = Golden.folder();
    assumeTrue(folder != null, "flotilla.corpus does not name the folder of xds-golden-istiod");
    try (Stream<Path> folders = Files.list(folder)) {
      scenarios = folders.filter(Files::isDirectory).sorted().toList();
    }
  }

  @Test
  void understandsWhatIstiodSendsAndSaysTheSameAgain() throws IOException {
    List<String> failures = new ArrayList<>();
    Map<String, Integer> reasons = new TreeMap<>();
    for (Path scenario : scenarios) {
      int good = 0;
      int bad = 0;
      for (Map.Entry<String, List<Any>> file : Golden.scenario(scenario).entrySet()) {
        for (Any resource : file.getValue()) {
          try {
            Object model = Decoded.of("", resource);
            assertThat(Decoded.of("", Any.pack(encode(model)))).isEqualTo(model);
            good++;
          } catch (ResourceError e) {
            bad++;
            reasons.merge(
                String.valueOf(e.getMessage()).replaceAll("^: |(listener|cluster) \\S+ ", ""),
                1,
                Integer::sum);
            if (WHOLLY.contains(scenario.getFileName().toString())) {
              failures.add(scenario.getFileName() + " " + file.getKey() + ": " + e.getMessage());
            }
          }
        }
      }
      System.out.printf(
          "%-28s %4d understood, %3d refused by name%n", scenario.getFileName(), good, bad);
    }
    reasons.forEach((reason, count) -> System.out.println("  " + count + " x " + reason));
    assertThat(failures).isEmpty();
    Set<String> known = knownRefusals();
    assertThat(reasons.keySet()).as("refusals without a reason").isSubsetOf(known);
    assertThat(known).as("reasons that are needed no more").isSubsetOf(reasons.keySet());
  }

  private static Set<String> knownRefusals() throws IOException {
    try (InputStream in = GoldenDecodeTest.class.getResourceAsStream("golden-refusals.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .map(l -> l.substring(0, l.indexOf(" -- ")))
          .collect(Collectors.toSet());
    }
  }

  static Message encode(Object model) {
    return switch (model) {
      case Cluster c -> ClusterCodec.encode(c);
      case ClusterLoadAssignment a -> EndpointCodec.encode(a);
      case Listener l -> new ListenerCodec(Capabilities.ALL).encode(l);
      case RouteConfiguration r -> RouteCodec.encode(r);
      case Secret s -> TlsCodec.secret(s);
      case NameTable n -> NameTableCodec.encode(n);
      default -> throw new AssertionError(model);
    };
  }

  static Message unpack(Any any) {
    String name = any.getTypeUrl().substring("type.googleapis.com/".length());
    for (String type :
        List.of(
            "io.envoyproxy." + name,
            "com.github.udpa." + name,
            "com." + name,
            name.replace("istio.networking.nds.v1", "io.flotilla.contract.nds"))) {
      try {
        return any.unpack(Class.forName(type).asSubclass(Message.class));
      } catch (ClassNotFoundException e) {
        continue;
      } catch (com.google.protobuf.InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    throw new IllegalStateException(any.getTypeUrl());
  }
}
