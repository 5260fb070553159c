// SPDX-License-Identifier: Apache-2.0

/**
 * The client side of the Istio CA service ({@code istio.v1.auth.IstioCertificateService}). {@link
 * io.flotilla.ca.client.WorkloadIdentity} makes a key, which never leaves the process, gets a
 * certificate for it from a {@link io.flotilla.ca.client.CertificateSource} (over gRPC: {@link
 * io.flotilla.ca.client.CaClient}), renews both before they expire and hands them to listeners, as
 * objects or as the secrets "default" and "ROOTCA" that a proxy's configuration names.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.ca.client;
