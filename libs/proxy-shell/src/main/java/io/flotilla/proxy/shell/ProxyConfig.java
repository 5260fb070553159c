// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.shell;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** What the process is told; all else comes from the pod's environment, as injection left it. */
@ConfigMapping(prefix = "flotilla.proxy")
public interface ProxyConfig {
  /** "sidecar" or "router"; the service says which. */
  String type();

  /**
   * A JSON file with the whole configuration of the proxy, in place of the pod's environment; also
   * as FLOTILLA_PROXY_CONFIG.
   */
  Optional<Path> config();
}
