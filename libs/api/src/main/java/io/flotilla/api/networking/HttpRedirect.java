// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.OneOf;
import java.util.List;
import java.util.Optional;

/** Sends the client elsewhere. */
@OneOf({"port", "derivePort"})
public record HttpRedirect(
    @Field("The new path; the query is kept.") Optional<String> uri,
    @Field("The new beginning of the path, in place of the matched prefix.")
        Optional<String> prefixRewrite,
    @Field("The new authority.") Optional<String> authority,
    @Field(value = "The new port.", unsigned = true) Optional<Integer> port,
    @Field("How the port is chosen when none is given.") Optional<DerivePort> derivePort,
    @Field("The new scheme.") Optional<String> scheme,
    @Field(value = "The status; 301 if absent.", unsigned = true) Optional<Integer> redirectCode) {
  private static final List<Integer> CODES = List.of(301, 302, 303, 307, 308);

  public HttpRedirect {
    Ports.check("port", port);
    redirectCode.ifPresent(
        code ->
            require(
                CODES.contains(code),
                "redirectCode",
                "a redirect answers with 301, 302, 303, 307 or 308, not " + code));
    require(
        uri.isPresent()
            || prefixRewrite.isPresent()
            || authority.isPresent()
            || port.isPresent()
            || derivePort.isPresent()
            || scheme.isPresent()
            || redirectCode.isPresent(),
        "",
        "a redirect must change something: uri, authority, port, scheme or redirectCode");
  }

  /** How a redirect's port is chosen. */
  public enum DerivePort {
    FROM_PROTOCOL_DEFAULT,
    FROM_REQUEST_PORT
  }
}
