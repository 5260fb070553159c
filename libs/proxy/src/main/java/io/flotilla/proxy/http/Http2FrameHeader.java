// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

/** The numbers of HTTP/2's frames (RFC 9113, section 6). */
final class Http2FrameHeader {
  static final int LENGTH = 9;
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;

  private Http2FrameHeader() {}
}
