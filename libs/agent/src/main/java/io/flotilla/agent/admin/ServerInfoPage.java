// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.model.node.ProxyNode;
import java.time.Duration;
import java.time.Instant;

/** Envoy's admin page /server_info (envoy.admin.v3.ServerInfo): who and how old a process is. */
public final class ServerInfoPage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ServerInfoPage() {}

  /**
   * The page.
   *
   * @param version of the program
   * @param live whether it serves; if not, it is being initialised
   */
  public static AdminAnswer answer(ProxyNode node, String version, boolean live, Instant started) {
    String up = Duration.between(started, Instant.now()).toSeconds() + "s";
    ObjectNode page = JSON.createObjectNode();
    page.put("version", version);
    page.put("state", live ? "LIVE" : "INITIALIZING");
    page.put("uptime_current_epoch", up);
    page.put("uptime_all_epochs", up);
    page.put("hot_restart_version", "disabled");
    page.putObject("command_line_options").put("concurrency", 1);
    page.putObject("node").put("id", node.id());
    return AdminAnswer.json(page.toPrettyString() + "\n");
  }
}
