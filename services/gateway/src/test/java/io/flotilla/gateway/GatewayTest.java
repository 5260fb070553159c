// SPDX-License-Identifier: Apache-2.0
package io.flotilla.gateway;

import io.flotilla.proxy.shell.LonelyProxy;
import io.flotilla.proxy.shell.ProxyShellContract;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@QuarkusTestResource(
    value = LonelyProxy.class,
    initArgs = @ResourceArg(name = "type", value = "router"))
class GatewayTest extends ProxyShellContract {
  GatewayTest() {
    super("router", "Flotilla gateway");
  }
}
