// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import io.envoyproxy.envoy.config.core.v3.Extension;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import java.util.LinkedHashSet;
import java.util.Set;

/** Envoy's Node to the model's and back. */
public final class Nodes {
  private Nodes() {}

  /** As a client sends it. */
  public static Node encode(ProxyNode node) {
    Node.Builder builder =
        Node.newBuilder()
            .setId(node.id())
            .setCluster(node.cluster())
            .setUserAgentName(node.userAgent())
            .setLocality(
                io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
                    .setRegion(node.locality().region())
                    .setZone(node.locality().zone())
                    .setSubZone(node.locality().subZone()))
            .setMetadata(Structs.toStruct(node.metadata()));
    for (String extension : node.extensions()) {
      builder.addExtensions(Extension.newBuilder().setName(extension));
    }
    return builder.build();
  }

  /** The names of the extensions that are not disabled. */
  public static Set<String> extensions(Node node) {
    Set<String> names = new LinkedHashSet<>();
    for (Extension extension : node.getExtensionsList()) {
      if (!extension.getDisabled()) {
        names.add(extension.getName());
      }
    }
    return names;
  }

  /** Region, zone, sub-zone. */
  public static Locality locality(Node node) {
    return new Locality(
        node.getLocality().getRegion(),
        node.getLocality().getZone(),
        node.getLocality().getSubZone());
  }

  /** "envoy 1.40.0", as far as the node tells. */
  public static String userAgent(Node node) {
    if (node.hasUserAgentBuildVersion()) {
      var v = node.getUserAgentBuildVersion().getVersion();
      return node.getUserAgentName()
          + " "
          + v.getMajorNumber()
          + "."
          + v.getMinorNumber()
          + "."
          + v.getPatch();
    }
    return (node.getUserAgentName() + " " + node.getUserAgentVersion()).strip();
  }
}
