// SPDX-License-Identifier: Apache-2.0

/** Istio's, Kubernetes' and our resources as validated records; the CRDs are written from them. */
@org.jspecify.annotations.NullMarked
package io.flotilla.api;
