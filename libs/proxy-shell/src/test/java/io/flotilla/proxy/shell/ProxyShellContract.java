// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.shell;

import static io.restassured.RestAssured.when;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;

import org.junit.jupiter.api.Test;

/** What sidecar and gateway answer about themselves as processes. */
public abstract class ProxyShellContract {
  private final String type;
  private final String title;

  /**
   * One of the services.
   *
   * @param type "sidecar" or "router"
   * @param title of its OpenAPI document
   */
  protected ProxyShellContract(String type, String title) {
    this.type = type;
    this.title = title;
  }

  @Test
  void livesButIsNotReadyAndSaysWhyWhileItHasNoCertificate() {
    when().get("/q/health/live").then().statusCode(200);
    when()
        .get("/q/health/ready")
        .then()
        .statusCode(503)
        .body("checks.find { it.name == 'proxy' }.status", is("DOWN"))
        .body("checks.find { it.name == 'proxy' }.data.reason", startsWith("no certificate yet"));
  }

  @Test
  void tellsHowItStands() {
    when()
        .get("/proxy/api/status")
        .then()
        .statusCode(200)
        .body("ready", is(false))
        .body("nodeId", startsWith(type + "~127."))
        .body("nodeId", containsString("~lonely-1.shop~"))
        .body("listeners", is(empty()));
  }

  @Test
  void describesItsInterfaceAndItsProcess() {
    when()
        .get("/q/openapi?format=json")
        .then()
        .statusCode(200)
        .body("info.title", is(title))
        .body("paths", hasKey("/proxy/api/status"));
    when().get("/q/metrics").then().statusCode(200).body(containsString("jvm_memory_used_bytes"));
  }
}
