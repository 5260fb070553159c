// SPDX-License-Identifier: Apache-2.0

/**
 * A directory of YAML as a source: which files changed and what is in them. Editors, half-written
 * files, folders that vanish and come back are its business; nobody else sees them.
 */
@NullMarked
package io.flotilla.galley.intake;

import org.jspecify.annotations.NullMarked;
