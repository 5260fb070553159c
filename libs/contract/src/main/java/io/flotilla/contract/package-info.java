// SPDX-License-Identifier: Apache-2.0

/**
 * The wire contracts that Flotilla serves. Everything here is generated from {@code
 * src/main/proto}: the Istio CA, MCP over xDS, and our own gRPC between the services.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.contract;
