// SPDX-License-Identifier: Apache-2.0

/**
 * The events between the services on a real Kafka broker, also after it was away; everything is in
 * this module's tests.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.kafka;
