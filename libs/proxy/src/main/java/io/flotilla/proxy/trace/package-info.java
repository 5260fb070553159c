// SPDX-License-Identifier: Apache-2.0
/** Trace context on the wire: W3C and B3, read and written. */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.trace;
