// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Response flags in the order in which Envoy writes them, by short and long name. */
public final class ResponseFlags {
  private static final Map<String, String> LONG = new LinkedHashMap<>();

  static {
    String[] names = {
      "LH", "FailedLocalHealthCheck",
      "UH", "NoHealthyUpstream",
      "UT", "UpstreamRequestTimeout",
      "LR", "LocalReset",
      "UR", "UpstreamRemoteReset",
      "UF", "UpstreamConnectionFailure",
      "UC", "UpstreamConnectionTermination",
      "UO", "UpstreamOverflow",
      "NR", "NoRouteFound",
      "DI", "DelayInjected",
      "FI", "FaultInjected",
      "RL", "RateLimited",
      "UAEX", "UnauthorizedExternalService",
      "RLSE", "RateLimitServiceError",
      "DC", "DownstreamConnectionTermination",
      "URX", "UpstreamRetryLimitExceeded",
      "SI", "StreamIdleTimeout",
      "IH", "InvalidEnvoyRequestHeaders",
      "DPE", "DownstreamProtocolError",
      "UMSDR", "UpstreamMaxStreamDurationReached",
      "RFCF", "ResponseFromCacheFilter",
      "NFCF", "NoFilterConfigFound",
      "DT", "DurationTimeout",
      "UPE", "UpstreamProtocolError",
      "NC", "NoClusterFound",
      "OM", "OverloadManagerTerminated",
      "DF", "DnsResolutionFailed",
      "DO", "DropOverload",
      "DR", "DownstreamRemoteReset",
      "UDO", "UnconditionalDropOverload"
    };
    for (int i = 0; i < names.length; i += 2) {
      LONG.put(names[i], names[i + 1]);
    }
  }

  private ResponseFlags() {}

  /** Short names by commas; null if there are none. */
  public static @Nullable String text(Collection<String> flags) {
    return flags.isEmpty() ? null : String.join(",", ordered(flags));
  }

  /** Long names by commas; null if there are none. */
  public static @Nullable String longText(Collection<String> flags) {
    return flags.isEmpty()
        ? null
        : String.join(",", ordered(flags).stream().map(LONG::get).toList());
  }

  private static List<String> ordered(Collection<String> flags) {
    List<String> out = new ArrayList<>();
    for (String each : LONG.keySet()) {
      if (flags.contains(each)) {
        out.add(each);
      }
    }
    return out;
  }
}
