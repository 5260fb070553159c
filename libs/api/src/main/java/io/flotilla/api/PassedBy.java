// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

/**
 * A document that is right as far as anyone knows, but has no effect on the mesh.
 *
 * @param object "Deployment reviews-v1"
 * @param reason why it has none
 * @param surprising whether its author may expect an effect
 */
public record PassedBy(Origin origin, String object, String reason, boolean surprising) {}
