// SPDX-License-Identifier: Apache-2.0
/**
 * Authorization by services of the mesh's own: what they are told of requests and connections, what
 * their answers mean, and the filters that ask them (Envoy's ext_authz, for HTTP and TCP).
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.authz;
