// SPDX-License-Identifier: Apache-2.0

/**
 * A document as a tree whose nodes know their lines, before anything is known about its kind. It
 * comes from YAML, JSON or a protobuf Struct and becomes a record.
 */
@NullMarked
package io.flotilla.api.tree;

import org.jspecify.annotations.NullMarked;
