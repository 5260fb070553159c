// SPDX-License-Identifier: Apache-2.0
/**
 * A real Envoy in the engine's place: its bootstrap, and the process that runs it. Envoy takes its
 * listeners from Pilot and its certificates from the agent's SDS socket.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.agent.envoy;
