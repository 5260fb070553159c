// SPDX-License-Identifier: Apache-2.0

/** The shell of ./flotilla up: control plane, telemetry and console in one JVM. */
@org.jspecify.annotations.NullMarked
package io.flotilla.standalone.control;
