// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

/** One resource could not be understood. The message is a sentence that names what and why. */
public final class ResourceError extends Exception {
  private static final long serialVersionUID = 1L;
  private final String typeUrl;
  private final String name;

  public ResourceError(String typeUrl, String name, String reason, Throwable cause) {
    super(reason, cause);
    this.typeUrl = typeUrl;
    this.name = name;
  }

  /** The resource's type. */
  public String typeUrl() {
    return typeUrl;
  }

  /** The resource's name; may be empty when not even that could be read. */
  public String name() {
    return name;
  }
}
