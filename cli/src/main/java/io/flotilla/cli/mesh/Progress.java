// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.io.PrintStream;
import java.time.Duration;

/**
 * What starts and how far it is: on a terminal one line that changes until its part is ready,
 * elsewhere a line only when something is settled.
 */
public final class Progress {
  private static final int TITLE_WIDTH = 16;

  private final PrintStream out;
  private final boolean live;

  public Progress(PrintStream out, boolean live) {
    this.out = out;
    this.live = live;
  }

  /** Not settled yet. */
  void pending(String title, String what) {
    if (live) {
      out.print("\r\u001b[2K" + line("…", title, what));
      out.flush();
    }
  }

  /** Settled: ready. */
  void done(String title, String what, Duration took) {
    settle(line("✓", title, what + " (" + seconds(took) + ")"));
  }

  /** Settled: failed. */
  void failed(String title, String what) {
    settle(line("✗", title, what));
  }

  /** A line as it is. */
  public void say(String line) {
    settle(line);
  }

  private void settle(String line) {
    out.println((live ? "\r\u001b[2K" : "") + line);
    out.flush();
  }

  private static String line(String sign, String title, String what) {
    return "  " + sign + " " + title + " ".repeat(Math.max(1, TITLE_WIDTH - title.length())) + what;
  }

  static String seconds(Duration took) {
    return "%d.%d s".formatted(took.toSeconds(), took.toMillisPart() / 100);
  }
}
