// SPDX-License-Identifier: Apache-2.0
/**
 * The filters that a request passes between its head and its route's action, in the order of the
 * connection manager. A filter sees a {@link io.flotilla.proxy.filter.FilteredRequest}, and lets it
 * go on, answers it, or holds it and resumes it later.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.filter;
