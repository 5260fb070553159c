// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import io.flotilla.api.Resource;

/**
 * One object as a file has it.
 *
 * @param sequence when the file was applied that has it; of two files with the same object the
 *     later one counts, as with {@code kubectl apply}
 * @param lastGood whether its newest document was refused, so that this is the last good one
 */
public record InForce(Resource<?> resource, String file, long sequence, boolean lastGood) {}
