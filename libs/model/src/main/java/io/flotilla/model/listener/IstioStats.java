// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

/** Istio's standard metrics; which reporter follows from the listener's direction. */
public record IstioStats(boolean disableHostHeaderFallback) {}
