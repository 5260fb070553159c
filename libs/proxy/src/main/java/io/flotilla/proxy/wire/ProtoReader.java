// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one message, in the order in which they came.
 *
 * <pre>
 *   while (reader.next()) {
 *     switch (reader.field()) {
 *       case 1 -> name = reader.text();
 *       default -> {}
 *     }
 *   }
 * </pre>
 *
 * A field that was not read is passed over. What is malformed throws an {@link IOException}.
 */
public final class ProtoReader {
  private final CodedInputStream in;
  private int tag;
  private boolean taken = true;

  /** Of an encoded message. */
  public ProtoReader(byte[] message) {
    this.in = CodedInputStream.newInstance(message);
  }

  /** Goes to the next field, if there is one. */
  public boolean next() throws IOException {
    if (!taken) {
      in.skipField(tag);
    }
    tag = in.readTag();
    taken = false;
    return tag != 0;
  }

  /** Its number. */
  public int field() {
    return WireFormat.getTagFieldNumber(tag);
  }

  private void take(int type) throws IOException {
    if (WireFormat.getTagWireType(tag) != type) {
      throw new IOException("field " + field() + " has the wire type of another");
    }
    taken = true;
  }

  /** A string, which must be UTF-8. */
  public String text() throws IOException {
    take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return in.readStringRequireUtf8();
  }

  /** Bytes, or an encoded message. */
  public byte[] bytes() throws IOException {
    take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return in.readByteArray();
  }

  /** Bytes as text of Latin-1, as header values are. */
  public String latin1() throws IOException {
    return new String(bytes(), StandardCharsets.ISO_8859_1);
  }

  /** A message. */
  public ProtoReader message() throws IOException {
    return new ProtoReader(bytes());
  }

  /** A number or enum. */
  public long number() throws IOException {
    take(WireFormat.WIRETYPE_VARINT);
    return in.readInt64();
  }

  /** A boolean. */
  public boolean flag() throws IOException {
    return number() != 0;
  }

  /** The value of a google.protobuf.BoolValue. */
  public boolean boolValue() throws IOException {
    ProtoReader inner = message();
    boolean value = false;
    while (inner.next()) {
      if (inner.field() == 1) {
        value = inner.flag();
      }
    }
    return value;
  }
}
