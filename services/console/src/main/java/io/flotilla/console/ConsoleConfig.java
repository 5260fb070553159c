// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** The console's settings, {@code flotilla.console.*}. */
@ConfigMapping(prefix = "flotilla.console")
public interface ConsoleConfig {

  /** Gives the traffic between workloads. */
  Telemetry telemetry();

  /** Gives the state of the proxies. */
  Pilot pilot();

  /** Gives the configuration in force and what was rejected. */
  Galley galley();

  /** How long each of the three may take to answer. */
  @WithDefault("2s")
  Duration deadline();

  /** How often an open page gets new figures. */
  @WithDefault("2s")
  Duration refresh();

  /** Pages that may be open at once; a further one is refused with 503. */
  @WithDefault("64")
  int maxStreams();

  /** Workloads drawn; the busiest are kept. */
  @WithDefault("400")
  int maxNodes();

  /** Connections drawn; the busiest are kept. */
  @WithDefault("1500")
  int maxEdges();

  /** Proxies, rejected documents and the like listed beside the graph. */
  @WithDefault("200")
  int maxListed();

  Events events();

  Traces traces();

  Application application();

  /** flotilla.console.telemetry. */
  interface Telemetry {
    /** "host:port" of its gRPC API. */
    @WithDefault("127.0.0.1:20005")
    String target();
  }

  /** flotilla.console.pilot. */
  interface Pilot {
    /** "host:port" of its gRPC API. */
    @WithDefault("127.0.0.1:20003")
    String target();
  }

  /** flotilla.console.galley. */
  interface Galley {
    /** "host:port" of its gRPC API. */
    @WithDefault("127.0.0.1:20002")
    String target();
  }

  /** flotilla.console.events. */
  interface Events {
    /** How many of each channel the time line remembers. */
    @WithDefault("200")
    int max();
  }

  /** flotilla.console.traces. */
  interface Traces {
    /** Jaeger's query API, as the browser reaches it; the page links there. */
    @WithDefault("http://127.0.0.1:16686")
    Optional<String> url();
  }

  /** flotilla.console.application. */
  interface Application {
    /** What the page tells people to call while there is no traffic. */
    Optional<String> url();
  }
}
