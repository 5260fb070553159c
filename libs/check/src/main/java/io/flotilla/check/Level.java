// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check;

/** How grave a finding is. */
public enum Level {
  ERROR,
  WARNING,
  INFO
}
