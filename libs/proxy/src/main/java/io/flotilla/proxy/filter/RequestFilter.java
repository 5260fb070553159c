// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

/** One filter, made once for a connection manager and shared by its requests; no state of any. */
public interface RequestFilter {
  /**
   * Looks at a request, on the engine's event loop.
   *
   * @return true: it goes on; false: it was answered, or is held until {@link
   *     FilteredRequest#resume}
   */
  boolean apply(FilteredRequest request);
}
