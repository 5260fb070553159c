// SPDX-License-Identifier: Apache-2.0

/**
 * The shell of ./flotilla up: local sidecars and gateways, each an engine of its own, in one JVM.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.standalone.proxies;
