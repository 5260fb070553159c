// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.distribute.RefusedException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/** Refusals in HTTP's words, for the receivers that answer in plain text. */
final class Refusals {
  /** Seconds after which a refused sender may come back. */
  static final String RETRY_AFTER = "1";

  private static final int TOO_MANY_REQUESTS = 429;

  private Refusals() {}

  /** 429 to a sender that is too fast, 503 where the store is at fault. */
  static int status(RefusedException refusal) {
    return refusal.tooMuch() ? TOO_MANY_REQUESTS : 503;
  }

  static Response refused(RefusedException refusal) {
    return Response.status(status(refusal))
        .header("Retry-After", RETRY_AFTER)
        .type(MediaType.TEXT_PLAIN)
        .entity(refusal.getMessage())
        .build();
  }

  static Response text(int status, @Nullable String message) {
    return Response.status(status).type(MediaType.TEXT_PLAIN).entity(message).build();
  }
}
