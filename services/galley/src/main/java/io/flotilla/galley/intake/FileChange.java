// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.intake;

import io.flotilla.api.yaml.Manifest;
import java.util.Optional;

/**
 * A file that is new, other than before, or gone.
 *
 * @param file relative to the directory, with '/'
 * @param author who owns the file; empty: unknown
 * @param manifest what is in it; empty: the file is gone
 */
public record FileChange(
    String file, String author, FileSignature signature, Optional<Manifest> manifest) {}
