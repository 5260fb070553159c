// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import java.util.Locale;

/** The protocols that a port can have, by the names in Istio's configuration. */
public enum Protocol {
  HTTP,
  HTTPS,
  HTTP_PROXY,
  HTTP2,
  GRPC,
  GRPC_WEB,
  TLS,
  TCP,
  UDP,
  MONGO,
  MYSQL,
  REDIS,
  HBONE,
  UNSUPPORTED;

  /** By name, without regard to case. */
  public static Protocol parse(String name) {
    return switch (name.toUpperCase(Locale.ROOT)) {
      case "HTTP" -> HTTP;
      case "HTTPS" -> HTTPS;
      case "HTTP_PROXY" -> HTTP_PROXY;
      case "HTTP2" -> HTTP2;
      case "GRPC" -> GRPC;
      case "GRPC-WEB", "GRPC-WEB-TEXT" -> GRPC_WEB;
      case "TLS" -> TLS;
      case "TCP" -> TCP;
      case "UDP" -> UDP;
      case "MONGO" -> MONGO;
      case "MYSQL" -> MYSQL;
      case "REDIS" -> REDIS;
      case "HBONE" -> HBONE;
      default -> UNSUPPORTED;
    };
  }

  /** Whether requests can be seen: HTTP of any version, not encrypted. */
  public boolean isHttp() {
    return this == HTTP || this == HTTP2 || this == GRPC || this == GRPC_WEB || this == HTTP_PROXY;
  }

  /** Whether the bytes are TLS. */
  public boolean isTls() {
    return this == HTTPS || this == TLS;
  }
}
