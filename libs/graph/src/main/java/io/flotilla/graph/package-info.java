// SPDX-License-Identifier: Apache-2.0

/** Incremental collections: revision, provenance, fork. */
@org.jspecify.annotations.NullMarked
package io.flotilla.graph;
