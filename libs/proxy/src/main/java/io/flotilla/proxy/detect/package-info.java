// SPDX-License-Identifier: Apache-2.0
/**
 * What a new connection is: its original destination, TLS by its hello, HTTP by its first bytes.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.detect;
