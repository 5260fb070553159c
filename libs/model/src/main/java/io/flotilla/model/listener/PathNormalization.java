// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

/**
 * What becomes of a request's path before anything is decided by it, so that what decides and what
 * serves mean the same path.
 *
 * @param escapedSlashes goes first
 * @param normalize dots, backslashes and needless escapes, as RFC 3986, section 6, says
 * @param mergeSlashes runs of slashes become one
 */
public record PathNormalization(
    EscapedSlashes escapedSlashes, boolean normalize, boolean mergeSlashes) {

  /** What becomes of %2F and %5C. */
  public enum EscapedSlashes {
    KEEP,
    /** Answered 400. */
    REJECT,
    /** Answered 307, to the path without them. */
    UNESCAPE_AND_REDIRECT,
    UNESCAPE_AND_FORWARD
  }

  /** The path as it came. */
  public static final PathNormalization NONE =
      new PathNormalization(EscapedSlashes.KEEP, false, false);

  /** Istio's default. */
  public static final PathNormalization BASE =
      new PathNormalization(EscapedSlashes.KEEP, true, false);

  public static final PathNormalization MERGE_SLASHES =
      new PathNormalization(EscapedSlashes.KEEP, true, true);

  public static final PathNormalization DECODE_AND_MERGE_SLASHES =
      new PathNormalization(EscapedSlashes.UNESCAPE_AND_FORWARD, true, true);
}
