// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.admin;

/** What an admin endpoint answers. */
public record AdminAnswer(int status, String contentType, String body) {

  /** 200, plain text. */
  public static AdminAnswer text(String body) {
    return new AdminAnswer(200, "text/plain; charset=UTF-8", body);
  }

  /** Plain text with another status. */
  public static AdminAnswer text(int status, String body) {
    return new AdminAnswer(status, "text/plain; charset=UTF-8", body);
  }

  /** 200, JSON. */
  public static AdminAnswer json(String body) {
    return new AdminAnswer(200, "application/json", body);
  }

  /** 200, the Prometheus text format. */
  public static AdminAnswer metrics(String body) {
    return new AdminAnswer(200, "text/plain; version=0.0.4; charset=utf-8", body);
  }
}
