// SPDX-License-Identifier: Apache-2.0

/** ADS client and server, SotW and Delta; Envoy protobufs to model and back. */
@org.jspecify.annotations.NullMarked
package io.flotilla.xds;
