// SPDX-License-Identifier: Apache-2.0

/** The endpoints of clusters, by locality. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.endpoint;
