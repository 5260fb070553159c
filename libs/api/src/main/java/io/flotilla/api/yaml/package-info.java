// SPDX-License-Identifier: Apache-2.0

/**
 * From text to resources: splits a file into documents, reads each within limits, and gives what
 * was understood beside what was refused and why. A bad document never hides its neighbours.
 */
@NullMarked
package io.flotilla.api.yaml;

import org.jspecify.annotations.NullMarked;
