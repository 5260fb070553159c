// SPDX-License-Identifier: Apache-2.0

/** Where things listen and are reached: sockets, pipes, address prefixes. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.address;
