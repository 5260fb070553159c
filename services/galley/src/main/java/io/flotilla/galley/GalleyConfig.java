// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Galley's configuration; docs/galley.md tells each key. */
@ConfigMapping(prefix = "flotilla.galley")
public interface GalleyConfig {
  Source source();

  State state();

  Mcp mcp();

  Identity identity();

  /** The directory of files. */
  interface Source {
    /** The directory that is watched, with its folders; absent: there is no configuration. */
    Optional<Path> dir();

    /** How long a file must stay as it is before it is read, so that nobody's half is taken. */
    @WithDefault("25ms")
    Duration settle();

    /** How long a file must be gone or empty before that is believed. */
    @WithDefault("60ms")
    Duration settleAbsent();

    /**
     * How long a file must stay as it is that is not readable or holds fewer objects than before:
     * whoever writes it may only have paused.
     */
    @WithDefault("150ms")
    Duration settleDoubtful();

    /** How often the directory is looked through without any sign of a change. */
    @WithDefault("1s")
    Duration rescan();

    /** The longest file, in bytes. */
    @WithDefault("4194304")
    int maxFileBytes();

    /** How many files are read. */
    @WithDefault("10000")
    int maxFiles();
  }

  /** What is kept across a restart. */
  interface State {
    /** Where; absent: nothing is kept. */
    Optional<Path> dir();

    /** How long the history may be before it is begun anew, the old one kept beside. */
    @WithDefault("67108864")
    long maxHistoryBytes();
  }

  /** Who Galley is, and who says so; only where MCP is served by mutual TLS. */
  interface Identity {
    /** Citadel's CA port. */
    @WithDefault("127.0.0.1:15019")
    String citadel();

    /** PEM file with the roots that Citadel's certificate chains to. */
    Optional<Path> rootFile();

    /** File with the token of Galley's service account, read again for each request. */
    Optional<Path> tokenFile();

    @WithDefault("cluster.local")
    String trustDomain();

    /** Galley's namespace. */
    @WithDefault("istio-system")
    String namespace();

    /** Galley's service account. */
    @WithDefault("galley")
    String serviceAccount();

    /** Service accounts of that namespace that may read the configuration. */
    @WithDefault("pilot,istiod")
    Set<String> clients();

    /** Names in Galley's certificate. */
    @WithDefault("galley.istio-system.svc,localhost,127.0.0.1")
    List<String> serverNames();

    /** The life of its certificate. */
    @WithDefault("24h")
    Duration ttl();
  }

  /** MCP over xDS, for Pilot. */
  interface Mcp {
    /** The address that it listens on. Without TLS only a loopback address is allowed. */
    @WithDefault("127.0.0.1")
    String host();

    /** Its port; 0: any free one. */
    @WithDefault("9901")
    int port();

    Tls tls();

    /** Mutual TLS with certificates of Citadel. */
    interface Tls {
      @WithDefault("false")
      boolean enabled();

      /** Allows plaintext beyond loopback, where the network itself is trusted. */
      @WithDefault("false")
      boolean plaintextAnywhere();
    }
  }
}
