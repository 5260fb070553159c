// SPDX-License-Identifier: Apache-2.0

/** The bookinfo application: productpage, details, ratings, reviews. */
@org.jspecify.annotations.NullMarked
package io.flotilla.bookinfo;
