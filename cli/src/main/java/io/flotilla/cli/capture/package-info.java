// SPDX-License-Identifier: Apache-2.0
/**
 * Real interception on one Linux machine: a network namespace a workload, joined by a bridge, and
 * the iptables rules that hand every connection to the sidecar. Needs root; enters with the names
 * of workloads, leaves with commands that run inside their namespaces.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.cli.capture;
