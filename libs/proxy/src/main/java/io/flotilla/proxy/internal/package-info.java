// SPDX-License-Identifier: Apache-2.0
/** What the parts of one engine share; all of it is used on the engine's event loop alone. */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.internal;
