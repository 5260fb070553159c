// SPDX-License-Identifier: Apache-2.0
/** Listeners at run time: sockets that are bound, connections that came, and how each is set up. */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.listener;
