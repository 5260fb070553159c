// SPDX-License-Identifier: Apache-2.0
/**
 * Names of services for the DNS proxies beside workloads: which there are, what they resolve to,
 * and the addresses of services that were declared without one. Enters with services and their
 * endpoints, leaves with the model's table of names.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.dns;
