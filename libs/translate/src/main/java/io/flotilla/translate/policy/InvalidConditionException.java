// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

/** A condition has no meaning where it stands, as one on headers has for a mere connection. */
final class InvalidConditionException extends Exception {
  private static final long serialVersionUID = 1;

  InvalidConditionException(String message) {
    super(message);
  }
}
