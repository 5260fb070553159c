// SPDX-License-Identifier: Apache-2.0
/** Who a proxy says it is when it connects. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.node;
