// SPDX-License-Identifier: Apache-2.0

/** Resources to model: PilotGraph and its pure translators, with provenance. */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate;
