// SPDX-License-Identifier: Apache-2.0
package io.flotilla.gateway;

import static io.restassured.RestAssured.when;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LonelyProxy.class)
class GatewayTest {
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
        .body("nodeId", startsWith("router~127."))
        .body("nodeId", containsString("~lonely-1.shop~"))
        .body("listeners", is(empty()));
  }

  @Test
  void describesItsInterfaceAndItsProcess() {
    when()
        .get("/q/openapi?format=json")
        .then()
        .statusCode(200)
        .body("info.title", is("Flotilla gateway"))
        .body("paths", hasKey("/proxy/api/status"));
    when().get("/q/metrics").then().statusCode(200).body(containsString("jvm_memory_used_bytes"));
  }
}
