// SPDX-License-Identifier: Apache-2.0

/**
 * What Kafka's own client is given. Nothing else may use these classes: they need Kafka's client,
 * which a process with channels in memory does not have.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.shell.kafka;
