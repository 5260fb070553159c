// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.address;

import io.flotilla.model.Checks;

/** A Unix domain socket. */
public record PipeAddress(String path) implements Address {
  public PipeAddress {
    Checks.notEmpty(path, "pipe path");
  }

  @Override
  public String toString() {
    return "unix:" + path;
  }
}
