// SPDX-License-Identifier: Apache-2.0

/** Route configurations: virtual hosts, matches and what becomes of a matched request. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.route;
