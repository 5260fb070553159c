// SPDX-License-Identifier: Apache-2.0

/**
 * Judges a whole configuration. What enters are the documents' verdicts and the resources in force;
 * what leaves are findings: code, level, object, place, sentence, remedy. Codes, levels and wording
 * are those of Istio's analysis where it has them (IST0101, ...).
 */
@NullMarked
package io.flotilla.check;

import org.jspecify.annotations.NullMarked;
