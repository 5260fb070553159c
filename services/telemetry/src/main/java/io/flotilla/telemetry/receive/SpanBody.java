// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** A request's body, unpacked under a bound. */
final class SpanBody {
  private SpanBody() {}

  /** The body is larger than may be; the message says the bound. */
  static final class TooLargeException extends Exception {
    private static final long serialVersionUID = 1L;

    TooLargeException(int maxBytes) {
      super(
          "The request has more than "
              + maxBytes
              + " bytes (flotilla.telemetry.receive.max-bytes); send smaller batches.");
    }
  }

  /** Unpacks gzip; any other encoding is refused. */
  static byte[] unpacked(byte[] body, @Nullable String encoding, int maxBytes)
      throws TooLargeException, MalformedSpansException {
    if (body.length > maxBytes) {
      throw new TooLargeException(maxBytes);
    }
    if (encoding == null || encoding.isBlank() || encoding.equalsIgnoreCase("identity")) {
      return body;
    }
    if (!encoding.equalsIgnoreCase("gzip")) {
      throw new MalformedSpansException("The content encoding is not known; send gzip or none.");
    }
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      byte[] unpacked = in.readNBytes(maxBytes + 1);
      if (unpacked.length > maxBytes) {
        throw new TooLargeException(maxBytes);
      }
      return unpacked;
    } catch (IOException e) {
      throw new MalformedSpansException("The body is not valid gzip: " + e.getMessage());
    }
  }
}
