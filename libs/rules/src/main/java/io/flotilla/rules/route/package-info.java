// SPDX-License-Identifier: Apache-2.0
/** Which route a request takes, and what that does to it. */
@org.jspecify.annotations.NullMarked
package io.flotilla.rules.route;
