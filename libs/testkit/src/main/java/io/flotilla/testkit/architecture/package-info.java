// SPDX-License-Identifier: Apache-2.0
/** The layering and naming rules that every module's tests run. */
@org.jspecify.annotations.NullMarked
package io.flotilla.testkit.architecture;
