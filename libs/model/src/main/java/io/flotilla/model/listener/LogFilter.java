// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import java.util.Set;

/** Which requests or connections an access log takes (Envoy: accesslog.v3.AccessLogFilter). */
public sealed interface LogFilter {

  /**
   * Those with one of these response flags.
   *
   * @param flags short names, "UF"; empty: any flag
   */
  record ResponseFlags(Set<String> flags) implements LogFilter {
    public ResponseFlags {
      flags = Set.copyOf(flags);
    }
  }
}
