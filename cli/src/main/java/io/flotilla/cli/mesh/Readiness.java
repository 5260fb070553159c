// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks addresses whether they answer 200. */
public final class Readiness {
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(1))
          .proxy(HttpClient.Builder.NO_PROXY)
          .build();

  /** How many of {@code probes} answer 200 now. */
  public int ready(List<URI> probes) {
    List<CompletableFuture<Boolean>> all = probes.stream().map(this::ask).toList();
    return (int) all.stream().filter(CompletableFuture::join).count();
  }

  /** Whether {@code probe} answers 200 now. */
  public boolean isReady(URI probe) {
    return ask(probe).join();
  }

  private CompletableFuture<Boolean> ask(URI probe) {
    return client
        .sendAsync(
            HttpRequest.newBuilder(probe).timeout(PATIENCE).build(), BodyHandlers.discarding())
        .thenApply(response -> response.statusCode() == 200)
        .exceptionally(
            failed -> {
              if (failed instanceof Error && !(failed.getCause() instanceof IOException)) {
                throw (Error) failed;
              }
              return false;
            });
  }
}
