// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** An nginx on the first core that answers each GET with a body of a given size. */
final class BenchBackend implements AutoCloseable {
  private static final int ATTEMPTS = 100;

  private final Process process;

  private BenchBackend(Process process) {
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param http1 the port for HTTP/1.1
   * @param http2 the port for HTTP/2 without TLS
   */
  static BenchBackend start(Path folder, int http1, int http2) throws IOException {
    Files.createDirectories(folder);
    for (int kibibytes : new int[] {1, 64, 1024}) {
      Files.write(folder.resolve(kibibytes + "k"), new byte[kibibytes * 1024]);
    }
    Path configuration = folder.resolve("nginx.conf");
    Files.writeString(
        configuration,
        """
        user root; daemon off; worker_processes 1; pid %1$s/nginx.pid; error_log %1$s/nginx.err;
        events { worker_connections 8192; }
        http {
          access_log off; default_type text/plain; keepalive_requests 100000000;
          http2_max_concurrent_streams 1024; sendfile on; open_file_cache max=10;
          client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
          uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
          server { listen 127.0.0.1:%2$d backlog=4096; root %1$s; }
          server { listen 127.0.0.1:%3$d http2 backlog=4096; root %1$s; }
        }
        """
            .formatted(folder, http1, http2));
    Process process =
        new ProcessBuilder("taskset", "-c", "0", "nginx", "-c", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("nginx.out").toFile())
            .start();
    BenchBackend backend = new BenchBackend(process);
    for (int i = 0; i < ATTEMPTS; i++) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", http2), 1000);
        return backend;
      } catch (IOException e) {
        backend.waitOrFail(folder);
      }
    }
    backend.close();
    throw new IOException("nginx does not listen on 127.0.0.1:" + http2 + ", see " + folder);
  }

  private void waitOrFail(Path folder) throws IOException {
    try {
      if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new IOException("nginx ended at once, see " + folder);
      }
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
