// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Requests to the application through the gateway, by a named user or by nobody. */
public final class Traffic {
  /** The page that people see. */
  public static final String PAGE = "/productpage";

  /** Its reviews as JSON, with the name of the instance that wrote them. */
  public static final String REVIEWS = "/api/v1/products/0/reviews";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int TOGETHER = 64;

  private final URI entrance;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final @Nullable String cookie;

  private Traffic(URI entrance, @Nullable String cookie) {
    this.entrance = entrance;
    this.cookie = cookie;
  }

  /** By nobody in particular. */
  public static Traffic anonymous(RunningMesh mesh) {
    return new Traffic(mesh.entrance(), null);
  }

  /** By {@code user}, who logs in first. */
  public static Traffic of(RunningMesh mesh, String user) throws IOException, InterruptedException {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(mesh.entrance().resolve("/login"))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .POST(BodyPublishers.ofString("username=" + user + "&passwd=x"))
                    .build(),
                BodyHandlers.ofString());
    String cookie =
        response
            .headers()
            .firstValue("set-cookie")
            .orElseThrow(() -> new IOException("no log-in: " + response + response.body()));
    return new Traffic(mesh.entrance(), cookie.split(";")[0]);
  }

  /**
   * What came back.
   *
   * @param status 0: no answer, and {@code body} says why
   */
  public record Reply(int status, String body, Duration took) {}

  /** One request. */
  public Reply get(String path, String... headers) throws InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(entrance.resolve(path)).timeout(PATIENCE);
    if (cookie != null) {
      request.header("cookie", cookie);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    long began = System.nanoTime();
    try {
      HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
      return new Reply(response.statusCode(), response.body(), since(began));
    } catch (IOException e) {
      return new Reply(0, e.toString(), since(began));
    }
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  /** {@code count} requests, at most {@code together} at a time. */
  public List<Reply> get(String path, int count, int together) throws InterruptedException {
    ConcurrentLinkedQueue<Reply> replies = new ConcurrentLinkedQueue<>();
    Semaphore places = new Semaphore(together);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        places.acquire();
        threads.execute(
            () -> {
              try {
                replies.add(get(path));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                places.release();
              }
            });
      }
    }
    return List.copyOf(replies);
  }

  /**
   * Sends requests until all of a few hundred are answered well: cold JVMs on a busy machine may
   * take longer than the page waits for its services, which is not what tests are about.
   */
  public void warmUp() throws InterruptedException {
    for (int round = 0; round < 20; round++) {
      if (get(PAGE, 400, 8).stream().noneMatch(reply -> reply.body().contains("unavailable"))) {
        return;
      }
    }
    throw new AssertionError("pages still come without their services");
  }

  /** How many replies there were of each kind. */
  public static Map<String, Integer> count(List<Reply> replies, Function<Reply, String> kind) {
    Map<String, Integer> counts = new TreeMap<>();
    replies.forEach(reply -> counts.merge(kind.apply(reply), 1, Integer::sum));
    return counts;
  }

  /**
   * Sends {@code perSecond} requests until closed; fewer while {@value #TOGETHER} are unanswered,
   * so that a slow machine makes the flow thinner and not the queue longer.
   */
  public Steady steadily(String path, int perSecond) {
    return new Steady(this, path, perSecond);
  }

  /** A steady flow of requests. */
  public static final class Steady implements AutoCloseable {
    private final ConcurrentLinkedQueue<Reply> replies = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Semaphore places = new Semaphore(TOGETHER);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Thread clock;

    private Steady(Traffic traffic, String path, int perSecond) {
      long period = TimeUnit.SECONDS.toNanos(1) / perSecond;
      clock =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (long next = System.nanoTime(); !stopped.get(); next += period) {
                      LockSupport.parkNanos(next - System.nanoTime());
                      places.acquireUninterruptibly();
                      next = Math.max(next, System.nanoTime() - period);
                      if (!stopped.get()) {
                        threads.execute(() -> send(traffic, path));
                      }
                    }
                  });
    }

    private void send(Traffic traffic, String path) {
      try {
        replies.add(traffic.get(path));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        places.release();
      }
    }

    /** How many were answered so far. */
    public int answered() {
      return replies.size();
    }

    /** Stops, waits for the last answers, and returns all. */
    public List<Reply> stop() throws InterruptedException {
      stopped.set(true);
      clock.join();
      threads.close();
      return new ArrayList<>(replies);
    }

    @Override
    public void close() {
      stopped.set(true);
      try {
        clock.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      threads.close();
    }
  }
}
