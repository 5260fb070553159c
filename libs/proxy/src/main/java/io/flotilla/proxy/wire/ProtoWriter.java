// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.wire;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** Writes the fields of one message; those that stand at their default are left out. */
public final class ProtoWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

  private interface Step {
    void run() throws IOException;
  }

  private ProtoWriter step(Step step) {
    try {
      step.run();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A string. */
  public ProtoWriter text(int field, String value) {
    return value.isEmpty() ? this : step(() -> out.writeString(field, value));
  }

  /** Bytes. */
  public ProtoWriter bytes(int field, byte[] value) {
    return value.length == 0 ? this : step(() -> out.writeByteArray(field, value));
  }

  /** An int32, int64, uint32 or enum. */
  public ProtoWriter number(int field, long value) {
    return value == 0 ? this : step(() -> out.writeInt64(field, value));
  }

  /** A boolean. */
  public ProtoWriter flag(int field, boolean value) {
    return value ? step(() -> out.writeBool(field, true)) : this;
  }

  /** A message, also an empty one. */
  public ProtoWriter message(int field, ProtoWriter value) {
    return step(() -> out.writeByteArray(field, value.toBytes()));
  }

  /** A message that is encoded already. */
  public ProtoWriter message(int field, byte[] value) {
    return step(() -> out.writeByteArray(field, value));
  }

  /** A map of strings. */
  public ProtoWriter map(int field, Map<String, String> values) {
    values.forEach((k, v) -> message(field, new ProtoWriter().text(1, k).text(2, v)));
    return this;
  }

  /** The message. */
  public byte[] toBytes() {
    step(out::flush);
    return bytes.toByteArray();
  }
}
