// SPDX-License-Identifier: Apache-2.0

/** The filter SPI, the one thing third parties compile against. */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.api;
