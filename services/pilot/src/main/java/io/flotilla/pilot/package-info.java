// SPDX-License-Identifier: Apache-2.0

/** Discovery and translation: what each proxy must know, pushed over xDS. */
@org.jspecify.annotations.NullMarked
package io.flotilla.pilot;
