// SPDX-License-Identifier: Apache-2.0

/**
 * Texts with command operators (Envoy documentation, "Access logging"), as access logs and header
 * edits hold them: parsed and checked here, filled in by the proxy. An operator that is not known,
 * or that is given what it does not take, is refused by name.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.format;
