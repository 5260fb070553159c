// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import java.util.function.Predicate;

/**
 * How the endpoint of another try is chosen.
 *
 * @param tried at which the request was already
 * @param unwanted endpoints in whose place others are drawn
 * @param most how often that is, before one is accepted as it is
 */
public record Redraw(TriedHosts tried, Predicate<Host> unwanted, int most) {}
