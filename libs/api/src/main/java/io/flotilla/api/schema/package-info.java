// SPDX-License-Identifier: Apache-2.0

/**
 * What a record says about its schema, as annotations, and the two readers of it: the reader of
 * documents refuses by it, the writer of CRDs writes it down. So a cluster and a directory of files
 * give the same verdict.
 */
@NullMarked
package io.flotilla.api.schema;

import org.jspecify.annotations.NullMarked;
