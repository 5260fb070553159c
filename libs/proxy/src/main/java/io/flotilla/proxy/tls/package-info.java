// SPDX-License-Identifier: Apache-2.0
/**
 * TLS contexts from the model's references and the secrets at hand; made once, made anew on
 * rotation.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.tls;
