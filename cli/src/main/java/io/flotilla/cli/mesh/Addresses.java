// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import io.flotilla.cli.capture.CaptureNetwork;

/**
 * The addresses of a mesh. Usually loopback ones (docs/adr/0004); with {@code capture} those of
 * network namespaces and of the bridge between them. {@code --offset} picks the third byte.
 */
public record Addresses(int offset, boolean capture) {
  private static final int NETWORKS = 250;
  // The bridge itself has number 1 of its network.
  private static final int FIRST_CAPTURED = 10;

  /** Which of the networks it is. */
  public int network() {
    return offset % NETWORKS;
  }

  /** Where the proxy of workload {@code number} binds. */
  public String proxy(int number) {
    return capture ? CaptureNetwork.address(network(), captured(number)) : admin(number);
  }

  /** Where its admin port binds: gateways share a host, so each has a loopback address. */
  public String admin(int number) {
    return "127.10." + network() + "." + number;
  }

  /** Where the application of workload {@code number} binds. */
  public String app(int number) {
    return capture ? "0.0.0.0" : "127.11." + network() + "." + number;
  }

  /** Where the proxies reach the control plane. */
  public String control() {
    return capture ? CaptureNetwork.address(network(), 1) : "127.0.0.1";
  }

  /** The number of workload {@code number} in the captured network. */
  int captured(int number) {
    return FIRST_CAPTURED + number;
  }
}
