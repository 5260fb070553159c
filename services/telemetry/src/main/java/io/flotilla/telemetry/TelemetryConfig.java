// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * All settings of telemetry, under {@code flotilla.telemetry}; docs/telemetry.md describes each.
 */
@ConfigMapping(prefix = "flotilla.telemetry")
public interface TelemetryConfig {

  /** The address that the well-known ports are bound to. */
  @WithDefault("127.0.0.1")
  String host();

  Ports ports();

  Receive receive();

  Process process();

  Tenants tenants();

  Sampling sampling();

  Spans spans();

  Logs logs();

  Export export();

  Store store();

  Scrape scrape();

  Prometheus prometheus();

  Annotations annotations();

  /** The well-known ports; 0: not opened. */
  interface Ports {
    @WithDefault("4317")
    int otlpGrpc();

    @WithDefault("4318")
    int otlpHttp();

    @WithDefault("9411")
    int zipkin();

    @WithDefault("14250")
    int jaegerGrpc();

    @WithDefault("14268")
    int jaegerHttp();

    /** UDP, the agent's compact protocol. */
    @WithDefault("6831")
    int jaegerCompact();

    /** UDP, the agent's binary protocol. */
    @WithDefault("6832")
    int jaegerBinary();

    /** Remote sampling over HTTP. */
    @WithDefault("5778")
    int jaegerSampling();

    @WithDefault("16686")
    int jaegerQuery();

    /** Jaeger's query API over gRPC. */
    @WithDefault("16685")
    int jaegerQueryGrpc();

    /** Tempo's API. */
    @WithDefault("3200")
    int tempo();

    @WithDefault("9090")
    int prometheus();
  }

  /** What is taken from senders of spans. */
  interface Receive {
    /** Bytes of one request, unpacked. */
    @WithDefault("8388608")
    int maxBytes();

    /** Spans of one request. */
    @WithDefault("50000")
    int maxSpans();

    /** Attributes of one span, event, link or resource; also events and links of one span. */
    @WithDefault("256")
    int maxAttributes();

    /** Characters of one string. */
    @WithDefault("32768")
    int maxCharacters();

    /** Spans of all senders that wait to be stored; beyond, senders are told to come back. */
    @WithDefault("100000")
    int maxWaitingSpans();

    /** How long a sender waits for its spans to be stored before it is told to come back. */
    @WithDefault("5s")
    Duration timeout();
  }

  /** What happens to spans before they are stored. */
  interface Process {
    /** TraceQL filters; a span that one selects is dropped. */
    Optional<List<String>> drop();

    /** Keys of attributes that are not kept. */
    Optional<List<String>> deleteAttributes();

    /** Attributes that every resource gets. */
    Map<String, String> resource();

    /** RE2 patterns; what they find in texts is masked. */
    Optional<List<String>> redact();
  }

  /** Whose traces these are. */
  interface Tenants {
    /** Tells tenants apart by the header X-Scope-OrgID. */
    @WithDefault("false")
    boolean enabled();

    /** Whose a request without the header is; absent: it is refused. */
    Optional<String> unnamed();

    @WithDefault("100")
    int max();

    /** Of each tenant, on average; 0: as many as can be stored. */
    @WithDefault("0")
    int maxSpansPerSecond();
  }

  /** What services are told by Jaeger's remote sampling. */
  interface Sampling {
    /** Where neither the file nor adaptive sampling says anything. */
    @WithDefault("0.001")
    double probability();

    /** Jaeger's file of strategies, JSON, read again when it changes. */
    Optional<Path> file();

    /** Sampled traces a second and operation; absent: sampling is not adaptive. */
    OptionalDouble adaptiveTarget();

    @WithDefault("1m")
    Duration adaptiveInterval();
  }

  /** Where stored spans go beside. */
  interface Export {
    /** "host:port" of a collector that takes OTLP over gRPC in plaintext. */
    Optional<String> otlp();
  }

  /** Logs received by OTLP, kept by trace. */
  interface Logs {
    @WithDefault("8388608")
    long maxBytes();

    @WithDefault("2h")
    Duration maxAge();
  }

  /** The queue between receivers and ingesters. */
  interface Spans {
    /** On Kafka's topic "spans", keyed by trace id, in place of memory. */
    @WithDefault("false")
    boolean kafka();

    /** How many bytes of spans may wait for Kafka's broker; further ones are refused. */
    @WithDefault("33554432")
    long waitingBytes();
  }

  /** Where traces are kept, for each tenant. */
  interface Store {
    /** In memory, or as blocks in a folder. */
    @WithDefault("memory")
    Kind kind();

    /** In memory: spans at most. Blocks: spans of the head, above which it becomes a block. */
    @WithDefault("100000")
    int maxSpans();

    /** The same in bytes, estimated, indexes included. */
    @WithDefault("67108864")
    long maxBytes();

    @WithDefault("10000")
    int maxSpansOfTrace();

    Blocks blocks();

    /** The kinds of stores. */
    enum Kind {
      MEMORY,
      BLOCKS
    }
  }

  /** Traces on the local disk. */
  interface Blocks {
    /** The folder; needed where the kind is "blocks". */
    Optional<Path> dir();

    /** How long spans stay in the head at most before they become a block. */
    @WithDefault("10m")
    Duration cutAfter();

    /** Traces whose last span is older leave. */
    @WithDefault("48h")
    Duration maxAge();

    /** Of all blocks of a tenant; above, the oldest leave. */
    @WithDefault("2147483648")
    long maxBytes();
  }

  /** The embedded window over the proxies' metrics. */
  interface Scrape {
    /** "host:port", or "http://host:port/path"; without a path, {@link #path} is asked. */
    Optional<List<String>> targets();

    /** A file in the form of Prometheus' file_sd (JSON), read again when it changes. */
    Optional<Path> file();

    @WithDefault("/stats/prometheus")
    String path();

    /** The label {@code job} of targets that the file gives none. */
    @WithDefault("flotilla")
    String job();

    @WithDefault("5s")
    Duration interval();

    /** How far back the window reaches. */
    @WithDefault("15m")
    Duration window();

    /** Which metric names are kept (RE2, the whole name). */
    @WithDefault("istio_.*")
    String metrics();

    /** Series in the window, of all targets. */
    @WithDefault("20000")
    int maxSeries();

    /** Bytes of one target's answer. */
    @WithDefault("8388608")
    int maxBytes();

    @WithDefault("1000")
    int maxTargets();
  }

  /** A Prometheus server in place of the window. */
  interface Prometheus {
    /** "http://prometheus:9090"; absent: the traffic graph is computed from the window. */
    Optional<String> url();

    @WithDefault("10s")
    Duration timeout();
  }

  /** The time line of events. */
  interface Annotations {
    @WithDefault("1000")
    int max();
  }
}
