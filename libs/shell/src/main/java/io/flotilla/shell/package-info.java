// SPDX-License-Identifier: Apache-2.0

/** What every Quarkus shell needs: further HTTP ports of one router, the event envelope. */
@org.jspecify.annotations.NullMarked
package io.flotilla.shell;
