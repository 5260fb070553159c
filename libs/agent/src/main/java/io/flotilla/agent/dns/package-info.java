// SPDX-License-Identifier: Apache-2.0
/**
 * The DNS proxy beside a workload: what the mesh names is answered here, the rest is passed on,
 * byte for byte, to the resolvers that the machine has. Enters with the model's table of names and
 * queries over UDP and TCP, leaves with answers. Everything runs on one event loop; nothing here is
 * shared between threads but the table and the counters.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.agent.dns;
