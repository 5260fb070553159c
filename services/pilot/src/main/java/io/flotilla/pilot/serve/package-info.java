// SPDX-License-Identifier: Apache-2.0

/** Pilot's ports: ADS over gRPC-Netty, status by gRPC, debug and metrics by HTTP. */
@org.jspecify.annotations.NullMarked
package io.flotilla.pilot.serve;
