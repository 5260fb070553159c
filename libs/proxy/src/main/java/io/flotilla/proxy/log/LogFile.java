// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One file (or "/dev/stdout") that lines are appended to by a thread of its own. An offer never
 * blocks: lines that find the queue full, or that the disk refuses, are dropped and counted.
 */
final class LogFile implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LogFile.class.getName());
  private static final int MAX_WAITING = 8192;
  private static final String END = new String("end");

  private final String path;
  private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(MAX_WAITING);
  private final AtomicLong dropped = new AtomicLong();
  private final Thread writer;
  private volatile boolean closed;

  LogFile(String path) {
    this.path = path;
    this.writer = Thread.ofPlatform().daemon().name("access-log").unstarted(this::run);
    writer.start();
  }

  void offer(String line) {
    if (closed || !lines.offer(line)) {
      dropped.incrementAndGet();
    }
  }

  long dropped() {
    return dropped.get();
  }

  private void run() {
    boolean told = false;
    while (true) {
      try (OutputStream out = open()) {
        write(out);
        return;
      } catch (IOException e) {
        dropped.incrementAndGet();
        if (!told) {
          told = true;
          LOG.log(
              System.Logger.Level.WARNING,
              "access log {0} cannot be written: {1}; its lines are dropped until it can",
              path,
              e.getMessage());
        }
        if (closed || isLast()) {
          return;
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  // Drops the next line, so that the file is tried again once for each line and not all the time.
  private boolean isLast() {
    try {
      String lost = lines.take();
      dropped.incrementAndGet();
      return lost == END;
    } catch (InterruptedException e) {
      return true;
    }
  }

  private OutputStream open() throws IOException {
    return switch (path) {
      // The process' own streams stay open.
      case "/dev/stdout" -> new Unclosed(System.out);
      case "/dev/stderr" -> new Unclosed(System.err);
      default -> new BufferedOutputStream(new FileOutputStream(path, true));
    };
  }

  private void write(OutputStream out) throws IOException, InterruptedException {
    while (true) {
      String line = lines.poll();
      if (line == null) {
        out.flush();
        line = lines.take();
      }
      if (line == END) {
        out.flush();
        return;
      }
      out.write(line.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Writes what waits, for two seconds at most. */
  @Override
  public void close() {
    closed = true;
    if (!lines.offer(END)) {
      writer.interrupt();
    }
    try {
      writer.join(2000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writer.interrupt();
  }

  private static final class Unclosed extends BufferedOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
