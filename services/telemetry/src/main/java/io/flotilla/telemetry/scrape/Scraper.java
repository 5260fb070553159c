// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** Scrapes every target once in an interval, each on a virtual thread of its own. */
@ApplicationScoped
public class Scraper {
  private static final Logger LOG = Logger.getLogger(Scraper.class);
  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

  private final TelemetryConfig.Scrape config;
  private final MetricWindow window;
  private final ScrapeTargets targets;
  private final Predicate<String> wanted;
  private final HttpClient http;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("scrape-clock").factory());
  private final Map<ScrapeTarget, Loop> loops = new HashMap<>();
  private final Map<String, String> failing = new ConcurrentHashMap<>();
  private final Counter failures;

  Scraper(TelemetryConfig config, MetricWindow window, MeterRegistry metrics) {
    this.config = config.scrape();
    if (this.config.interval().compareTo(SHORTEST_INTERVAL) < 0) {
      throw new IllegalArgumentException(
          "flotilla.telemetry.scrape.interval is "
              + this.config.interval()
              + ", but must be 1s or more");
    }
    this.window = window;
    this.targets = new ScrapeTargets(this.config);
    Pattern names = BoundedRegex.compile(this.config.metrics());
    Map<String, Boolean> known = new ConcurrentHashMap<>();
    this.wanted =
        name ->
            known.size() < 10_000
                ? known.computeIfAbsent(name, names::matches)
                : names.matches(name);
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(this.config.interval())
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    this.failures = metrics.counter("flotilla_telemetry_scrape_failures");
    Gauge.builder("flotilla_telemetry_window_series", window, MetricWindow::series)
        .register(metrics);
    FunctionCounter.builder(
            "flotilla_telemetry_window_refused_samples", window, MetricWindow::refused)
        .register(metrics);
  }

  void start(@Observes StartupEvent started) {
    clock.scheduleWithFixedDelay(
        this::adjust, 0, Math.min(1_000, config.interval().toMillis()), TimeUnit.MILLISECONDS);
  }

  void stop(@Observes ShutdownEvent stopping) {
    clock.shutdownNow();
    synchronized (loops) {
      loops.values().forEach(Loop::stop);
      loops.clear();
    }
    http.shutdownNow();
  }

  /** The targets that could not be scraped last time: address, and one reason. */
  public SortedMap<String, String> failing() {
    return new TreeMap<>(failing);
  }

  private void adjust() {
    try {
      List<ScrapeTarget> current = targets.current();
      synchronized (loops) {
        for (ScrapeTarget target : current) {
          if (!loops.containsKey(target)) {
            loops.put(target, new Loop(target));
          }
        }
        loops
            .entrySet()
            .removeIf(
                loop -> {
                  boolean over = !current.contains(loop.getKey());
                  if (over) {
                    loop.getValue().stop();
                  }
                  return over;
                });
      }
      window.purge(System.currentTimeMillis());
    } catch (RuntimeException e) {
      LOG.error("the list of targets to scrape could not be brought up to date", e);
    }
  }

  /** One target's thread. */
  private final class Loop {
    private final ScrapeTarget target;
    private final MetricWindow.Target into = window.open();
    private final Map<String, Labels> named = new HashMap<>();
    private boolean upBefore;
    private final Thread thread;
    private volatile boolean stopped;

    Loop(ScrapeTarget target) {
      this.target = target;
      this.thread = Thread.ofVirtual().name("scrape-" + target.address()).start(this::run);
    }

    void stop() {
      stopped = true;
      thread.interrupt();
    }

    private void run() {
      long next = System.nanoTime();
      try {
        while (!stopped) {
          scrape();
          next = Math.max(next + config.interval().toNanos(), System.nanoTime());
          TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
        }
      } catch (InterruptedException e) {
        // Stopped while it waited.
      } finally {
        failing.remove(target.address());
        window.close(into, System.currentTimeMillis());
      }
    }

    private void scrape() throws InterruptedException {
      long begun = System.currentTimeMillis();
      long nanos = System.nanoTime();
      List<MetricWindow.Sample> samples = new ArrayList<>();
      boolean up = false;
      try {
        samples.addAll(PrometheusText.parse(fetch(), wanted, this::labels));
        up = true;
        if (failing.remove(target.address()) != null) {
          LOG.infof("%s is scraped again", target.address());
        }
      } catch (IOException | PrometheusText.MalformedException e) {
        failures.increment();
        String reason = reason(e);
        if (failing.put(target.address(), reason) == null) {
          LOG.warnf("%s cannot be scraped: %s", target.address(), reason);
        }
      }
      int scraped = samples.size();
      samples.add(new MetricWindow.Sample("up", up ? 1 : 0));
      samples.add(
          new MetricWindow.Sample("scrape_duration_seconds", (System.nanoTime() - nanos) / 1e9));
      samples.add(new MetricWindow.Sample("scrape_samples_scraped", scraped));
      window.append(into, begun, samples, this::labels, upBefore);
      upBefore = up;
      if (named.size() > 2 * samples.size() + 100) {
        named.clear();
      }
    }

    private Labels labels(String series) {
      return named.computeIfAbsent(series, s -> PrometheusText.labels(s, target.labels()));
    }

    private String fetch() throws IOException, InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(target.url())
              .timeout(config.interval())
              .header("Accept", "text/plain;version=0.0.4")
              .header("User-Agent", "flotilla-telemetry")
              .build();
      CompletableFuture<HttpResponse<byte[]>> answer =
          http.sendAsync(request, info -> new BoundedBody(config.maxBytes()));
      try {
        HttpResponse<byte[]> response =
            answer.get(config.interval().toMillis(), TimeUnit.MILLISECONDS);
        if (response.statusCode() != 200) {
          throw new IOException("it answered with status " + response.statusCode());
        }
        return new String(response.body(), UTF_8);
      } catch (TimeoutException e) {
        answer.cancel(true);
        throw new IOException("no whole answer within " + config.interval().toMillis() + " ms", e);
      } catch (InterruptedException e) {
        answer.cancel(true);
        throw e;
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      }
    }

    private static String reason(Exception e) {
      if (e instanceof ConnectException) {
        return "nothing listens there";
      }
      return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
  }
}
