// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

/** Something that the user can mend; the message is one sentence that says how. */
public final class MeshException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MeshException(String sentence) {
    super(sentence);
  }

  public MeshException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
