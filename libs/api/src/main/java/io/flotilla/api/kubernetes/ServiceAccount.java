// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.kubernetes;

import io.flotilla.api.schema.Lenient;

/** A service account; all that counts is in its metadata. */
@Lenient
public record ServiceAccount() {}
