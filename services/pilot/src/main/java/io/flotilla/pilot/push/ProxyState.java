// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.push;

import io.flotilla.xds.server.ConnectedProxy;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * How one proxy's stream stands.
 *
 * @param sent the graph's revision that changed something for it last
 * @param acknowledged the revision that it has acknowledged
 * @param acknowledgedByType by type URL, the revision last sent of it
 * @param refused what it refused since it last acknowledged everything, "typeUrl name: reason"
 */
public record ProxyState(
    ConnectedProxy proxy,
    Instant since,
    long sent,
    long acknowledged,
    Map<String, Long> acknowledgedByType,
    List<String> refused) {
  public ProxyState {
    acknowledgedByType = Map.copyOf(acknowledgedByType);
    refused = List.copyOf(refused);
  }

  /** Whether it runs all that it was sent. */
  public boolean isUpToDate() {
    return sent > 0 && acknowledged >= sent && refused.isEmpty();
  }
}
