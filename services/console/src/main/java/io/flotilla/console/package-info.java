// SPDX-License-Identifier: Apache-2.0

/** The web console: backend and React front end. */
@org.jspecify.annotations.NullMarked
package io.flotilla.console;
