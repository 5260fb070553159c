// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import com.google.protobuf.Any;

/**
 * One resource as it goes over the wire.
 *
 * @param version differs whenever the body does
 */
public record VersionedResource(String name, String version, Any body) {}
