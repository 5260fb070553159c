// SPDX-License-Identifier: Apache-2.0

/**
 * The proxies: who is connected, what each was given, has acknowledged and has refused; and the
 * events that tell it.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.pilot.push;
