// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

/**
 * A port of a service.
 *
 * @param number what clients connect to
 * @param name may be empty
 * @param targetPort the endpoints' port where nothing else tells, or 0
 */
public record ServicePort(int number, String name, Protocol protocol, int targetPort) {}
