// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** A request's body, unpacked under a bound. */
final class SpanBody {
  /** A frame that wants a larger window (8 MiB) than any request may have is refused. */
  private static final int LARGEST_WINDOW_LOG = 23;

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

  /** What a body may weigh once it is unpacked. */
  static int weight(byte[] body, @Nullable String encoding, int maxBytes) {
    return encoding == null ? body.length : maxBytes;
  }

  /** Unpacks gzip and zstd; any other encoding is refused. */
  static byte[] unpacked(byte[] body, @Nullable String encoding, int maxBytes)
      throws TooLargeException, MalformedSpansException {
    if (body.length > maxBytes) {
      throw new TooLargeException(maxBytes);
    }
    if (encoding == null || encoding.isBlank() || encoding.equalsIgnoreCase("identity")) {
      return body;
    }
    String name = encoding.strip().toLowerCase(Locale.ROOT);
    if (!name.equals("gzip") && !name.equals("zstd")) {
      throw new MalformedSpansException(
          "The content encoding is not known; send gzip, zstd or none.");
    }
    ByteArrayInputStream packed = new ByteArrayInputStream(body);
    try (InputStream in =
        name.equals("gzip")
            ? new GZIPInputStream(packed)
            : new ZstdInputStreamNoFinalizer(packed).setLongMax(LARGEST_WINDOW_LOG)) {
      byte[] unpacked = in.readNBytes(maxBytes + 1);
      if (unpacked.length > maxBytes) {
        throw new TooLargeException(maxBytes);
      }
      return unpacked;
    } catch (IOException e) {
      throw new MalformedSpansException("The body is not valid " + name + ": " + e.getMessage());
    }
  }
}
