// SPDX-License-Identifier: Apache-2.0
/** The codecs of single messages, each way beside the other. */
@org.jspecify.annotations.NullMarked
package io.flotilla.xds.codec.internal;
