// SPDX-License-Identifier: Apache-2.0

/** Fake clock, in-process peers, architecture rules; for tests only. */
@org.jspecify.annotations.NullMarked
package io.flotilla.testkit;
