// SPDX-License-Identifier: Apache-2.0

/**
 * What the page gets: the joined view by REST, and as a stream of server-sent events that needs no
 * reload. However many pages are open, the other services are asked once a refresh.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.console.api;
