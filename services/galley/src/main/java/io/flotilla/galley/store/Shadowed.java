// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import io.flotilla.check.Code;
import io.flotilla.check.Finding;

/** Says that a later file has the same object. */
final class Shadowed {
  private Shadowed() {}

  static Finding by(InForce object, InForce winner) {
    return Finding.about(
        object.resource(),
        Code.DEFINED_TWICE,
        object.resource().description()
            + " is defined in "
            + winner.resource().origin()
            + " too, which was saved later and is in force",
        "Remove one of them, or save this file again to bring it into force.");
  }
}
