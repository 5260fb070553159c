// SPDX-License-Identifier: Apache-2.0
/**
 * A real browser for tests of pages. Whoever uses it declares Playwright itself: it is optional
 * here, so that other modules' tests go without.
 */
@NullMarked
package io.flotilla.testkit.browser;

import org.jspecify.annotations.NullMarked;
