// SPDX-License-Identifier: Apache-2.0
/** Bytes from one connection to another, both ways, with half close and back-pressure. */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.tcp;
