// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

/** How often one service's spans had a child span in another service. */
public record Dependency(String parent, String child, long callCount) {}
