// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import io.flotilla.ca.client.HeldIdentity;
import java.util.List;

/** What moves the bytes: the engine in this process, or an Envoy beside it. */
interface Dataplane extends AutoCloseable {
  /** Takes a new certificate; the first one and every renewal. */
  void identity(HeldIdentity identity);

  /** What it waits for, as a sentence; empty: it serves. */
  String waitsFor();

  /** The revision of the configuration in force; 0 when it is not known. */
  long revision();

  /** "name address" of the listeners that are bound. */
  List<String> listeners();

  /** Resources that were refused, and why. */
  List<String> problems();

  /** Stops accepting, lets what is in flight finish, stops. */
  @Override
  void close();
}
