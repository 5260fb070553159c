// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tls;

import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;

/**
 * The name that a client asks a TLS server for. Names of a mesh's services
 * ("outbound_.9080_._.reviews.default.svc.cluster.local") are none of DNS: the JDK, and Netty by
 * it, leave them out where they are told as a host.
 */
public final class ServerName {
  private ServerName() {}

  /** Makes the engine ask for the name, whatever it looks like. */
  public static void ask(SSLEngine engine, String name) {
    if (engine instanceof ReferenceCountedOpenSslEngine openssl) {
      SSL.setTlsExtHostName(openssl.sslPointer(), name);
      return;
    }
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(new Name(name)));
    engine.setSSLParameters(parameters);
  }

  private static final class Name extends SNIServerName {
    Name(String name) {
      super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
