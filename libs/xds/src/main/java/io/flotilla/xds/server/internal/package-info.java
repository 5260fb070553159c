// SPDX-License-Identifier: Apache-2.0
/** One stream's subscriptions and what it has been sent. */
@org.jspecify.annotations.NullMarked
package io.flotilla.xds.server.internal;
