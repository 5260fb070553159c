// SPDX-License-Identifier: Apache-2.0

/** The proxy beside a workload: engine and agent. */
@org.jspecify.annotations.NullMarked
package io.flotilla.sidecar;
