// SPDX-License-Identifier: Apache-2.0

/** Identity: the certificate authority. */
@org.jspecify.annotations.NullMarked
package io.flotilla.citadel;
