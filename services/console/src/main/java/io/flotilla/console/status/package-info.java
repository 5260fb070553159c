// SPDX-License-Identifier: Apache-2.0

/**
 * How the mesh itself is. The same answers that make the graph enter; what needs a person's eye
 * leaves first: parts that are away, proxies behind or refusing, documents that Galley rejected.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.console.status;
