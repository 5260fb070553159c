// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

/** How large each kind of process may grow: sized for a laptop, not for a cluster. */
enum Memory {
  CONTROL(240, true),
  SERVICE(112, true),
  TELEMETRY(144, true),
  PROXIES(128, false),
  ONE_PROXY(64, false),
  BOOKINFO(96, true);

  private final int heapMegabytes;
  private final boolean simpleCompiler;

  Memory(int heapMegabytes, boolean simpleCompiler) {
    this.heapMegabytes = heapMegabytes;
    this.simpleCompiler = simpleCompiler;
  }

  int heapMegabytes() {
    return heapMegabytes;
  }

  /** Whether the first of the JVM's compilers suffices: it starts sooner and takes less room. */
  boolean simpleCompiler() {
    return simpleCompiler;
  }
}
