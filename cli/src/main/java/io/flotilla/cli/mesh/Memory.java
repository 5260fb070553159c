// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

/** How much heap each kind of process may take: sized for a laptop, not for a cluster. */
enum Memory {
  CONTROL(160),
  SERVICE(112),
  PROXIES(96),
  ONE_PROXY(64),
  BOOKINFO(48);

  private final int heapMegabytes;

  Memory(int heapMegabytes) {
    this.heapMegabytes = heapMegabytes;
  }

  int heapMegabytes() {
    return heapMegabytes;
  }
}
