// SPDX-License-Identifier: Apache-2.0

/** Listeners, filter chains and the filters in them. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.listener;
