// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

/**
 * Something that claims to be an identity, a key, a certificate or a request for one, and is not
 * acceptable. The message is one sentence that names the object and what is wrong with it; it never
 * holds key material.
 */
public class InvalidIdentityException extends IllegalArgumentException {
  public InvalidIdentityException(String message) {
    super(message);
  }

  public InvalidIdentityException(String message, Throwable cause) {
    super(message, cause);
  }
}
