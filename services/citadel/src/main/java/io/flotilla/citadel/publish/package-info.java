// SPDX-License-Identifier: Apache-2.0

/**
 * What leaves Citadel: {@code istio.v1.auth.IstioCertificateService} on a gRPC-Netty TLS server,
 * the trust bundle and the recent issues by REST, events on {@code certificate-events}, Istio's
 * metrics, health.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.citadel.publish;
