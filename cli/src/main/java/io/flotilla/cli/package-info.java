// SPDX-License-Identifier: Apache-2.0

/** flotilla: up, down, status, run. */
@org.jspecify.annotations.NullMarked
package io.flotilla.cli;
