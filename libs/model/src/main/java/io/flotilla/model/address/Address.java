// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.address;

/** Where a listener binds or an endpoint is reached. */
public sealed interface Address permits SocketAddress, PipeAddress, InternalAddress {}
