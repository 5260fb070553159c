// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.kubernetes;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** A secret. Its text form shows names only. */
@Lenient
public record Secret(
    @Field("kubernetes.io/tls, Opaque, ...") Optional<String> type,
    @Field("Values in base64.") Map<String, String> data,
    @Field("Values as text; these win.") Map<String, String> stringData) {

  /** The value of a name. Empty: absent, or not base64. */
  public Optional<byte[]> value(String name) {
    String text = stringData.get(name);
    if (text != null) {
      return Optional.of(text.getBytes(StandardCharsets.UTF_8));
    }
    try {
      return Optional.ofNullable(data.get(name)).map(Base64.getMimeDecoder()::decode);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "Secret" + data.keySet() + stringData.keySet();
  }
}
