// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.listener.IstioStats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * stats.PluginConfig, of which no Java class exists: field 6 is disable_host_header_fallback. The
 * overrides of single metrics (fields 8 and 9) are read over.
 */
final class StatsWire {
  private static final int DISABLE_HOST_HEADER_FALLBACK = 6;

  private StatsWire() {}

  static ByteString encode(IstioStats stats) {
    if (!stats.disableHostHeaderFallback()) {
      return ByteString.EMPTY;
    }
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBool(DISABLE_HOST_HEADER_FALLBACK, true);
      out.flush();
      return ByteString.copyFrom(bytes.toByteArray());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static IstioStats decode(ByteString bytes) {
    boolean disabled = false;
    try {
      CodedInputStream in = bytes.newCodedInput();
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == DISABLE_HOST_HEADER_FALLBACK) {
          disabled = in.readBool();
        } else {
          in.skipField(tag);
        }
      }
    } catch (IOException e) {
      throw new InvalidModelException(
          "the stats filter's configuration is malformed: " + e.getMessage());
    }
    return new IstioStats(disabled);
  }
}
