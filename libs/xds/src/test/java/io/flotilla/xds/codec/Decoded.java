// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import com.google.protobuf.Any;
import io.flotilla.xds.TypeUrl;

/** Any resource, decoded by its type. */
final class Decoded {
  private Decoded() {}

  static Object of(String name, Any any) throws ResourceError {
    return switch (any.getTypeUrl()) {
      case TypeUrl.CLUSTER -> EnvoyDecoder.cluster(name, any);
      case TypeUrl.ENDPOINTS -> EnvoyDecoder.endpoints(name, any);
      case TypeUrl.LISTENER -> EnvoyDecoder.listener(name, any);
      case TypeUrl.ROUTES -> EnvoyDecoder.routes(name, any);
      case TypeUrl.SECRET -> EnvoyDecoder.secret(name, any);
      case TypeUrl.NAME_TABLE -> EnvoyDecoder.names(name, any);
      default -> throw new AssertionError(any.getTypeUrl());
    };
  }
}
