// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

/** The loopback addresses of a mesh (docs/adr/0004); {@code --offset} picks the third byte. */
public record Addresses(int offset) {
  private static final int NETWORKS = 250;

  /** Where the proxy of workload {@code number} binds. */
  public String proxy(int number) {
    return "127.10." + offset % NETWORKS + "." + number;
  }

  /** Where the application of workload {@code number} binds. */
  public String app(int number) {
    return "127.11." + offset % NETWORKS + "." + number;
  }
}
