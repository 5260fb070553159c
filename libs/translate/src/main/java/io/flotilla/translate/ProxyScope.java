// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.model.node.ProxyNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What of a proxy its outbound side depends on. Replicas of a workload share one, and with it all
 * that was computed for it.
 *
 * @param labels of the workload
 * @param boundAt empty: connections come by interception (REDIRECT, TPROXY); else the address of
 *     explicit listeners and of the HTTP proxy port (NONE)
 * @param resolves whether its DNS proxy resolves the mesh's names (DNS_CAPTURE)
 * @param tunnels whether it speaks HBONE (ENABLE_HBONE)
 */
public record ProxyScope(
    ProxyNode.Type type,
    String namespace,
    String boundAt,
    Map<String, String> labels,
    boolean resolves,
    boolean tunnels) {

  public ProxyScope {
    labels = Map.copyOf(labels);
  }

  /** Without a DNS proxy and tunnels. */
  public ProxyScope(
      ProxyNode.Type type, String namespace, String boundAt, Map<String, String> labels) {
    this(type, namespace, boundAt, labels, false, false);
  }

  /** Of a node, by its metadata. */
  public static ProxyScope of(ProxyNode node) {
    return new ProxyScope(
        node.type(),
        node.namespace(),
        node.text("INTERCEPTION_MODE").orElse("REDIRECT").equals("NONE") ? node.ip() : "",
        node.labels(),
        node.text("DNS_CAPTURE").orElse("").equals("true"),
        node.text("ENABLE_HBONE").orElse("").equals("true"));
  }

  /** The same for equal scopes; the key in the graph. */
  public String key() {
    return type.word()
        + "|"
        + namespace
        + "|"
        + boundAt
        + "|"
        + new TreeMap<>(labels)
        + (resolves ? "|dns" : "")
        + (tunnels ? "|hbone" : "");
  }

  /** Whether connections are taken on their way to somewhere else. */
  public boolean intercepts() {
    return boundAt.isEmpty();
  }

  /** Whether it is a gateway. */
  public boolean isGateway() {
    return type == ProxyNode.Type.ROUTER;
  }

  /** The workload's name in metrics and traces, by its labels. */
  public String canonicalService() {
    for (String label :
        new String[] {"service.istio.io/canonical-name", "app.kubernetes.io/name", "app"}) {
      String value = labels.get(label);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return "unknown";
  }

  /** The workload's revision in metrics and traces, by its labels. */
  public String canonicalRevision() {
    for (String label :
        new String[] {
          "service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"
        }) {
      String value = labels.get(label);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return "latest";
  }

  /** Whether all of {@code selector} equals labels of the workload. */
  public boolean selectedBy(Map<String, String> selector) {
    return labels.entrySet().containsAll(selector.entrySet());
  }
}
