// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import java.util.Locale;

/** What a service's port speaks, after Istio's rules of protocol selection. */
public enum Protocol {
  HTTP,
  HTTP2,
  GRPC,
  GRPC_WEB,
  HTTPS,
  TLS,
  TCP,
  UDP,
  /** Not told: looked at on the connection itself. */
  SNIFFED;

  private static final int SMTP = 25;
  private static final int DNS = 53;
  private static final int MYSQL = 3306;
  private static final int MONGO = 27017;

  /** Of a Kubernetes service port: its transport, then appProtocol, then the name's prefix. */
  public static Protocol ofKubernetes(
      String transport, String appProtocol, String name, int number) {
    if (transport.equalsIgnoreCase("UDP")) {
      return UDP;
    }
    if (!appProtocol.isEmpty()) {
      return switch (appProtocol.toLowerCase(Locale.ROOT)) {
        case "kubernetes.io/h2c" -> HTTP2;
        case "kubernetes.io/ws" -> HTTP;
        case "kubernetes.io/wss" -> HTTPS;
        default -> parse(appProtocol);
      };
    }
    Protocol byName = name.startsWith("grpc-web") ? GRPC_WEB : parse(beforeDash(name));
    if (byName != SNIFFED) {
      return byName;
    }
    return switch (number) {
      case SMTP, DNS, MYSQL, MONGO -> TCP;
      default -> SNIFFED;
    };
  }

  private static String beforeDash(String name) {
    int dash = name.indexOf('-');
    return dash < 0 ? name : name.substring(0, dash);
  }

  /** The word of a ServiceEntry's, Gateway's or Sidecar's port. */
  public static Protocol parse(String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "http" -> HTTP;
      case "http2" -> HTTP2;
      case "grpc" -> GRPC;
      case "grpc-web" -> GRPC_WEB;
      case "https" -> HTTPS;
      case "tls" -> TLS;
      case "tcp", "mongo", "redis", "mysql" -> TCP;
      case "udp" -> UDP;
      default -> SNIFFED;
    };
  }

  /** Whether requests are routed by HTTP. */
  public boolean isHttp() {
    return this == HTTP || isHttp2();
  }

  /** Whether it is HTTP/2 by itself, without negotiation. */
  public boolean isHttp2() {
    return this == HTTP2 || this == GRPC || this == GRPC_WEB;
  }

  /** Whether the application brings its own TLS, so that only the server name is seen. */
  public boolean isTls() {
    return this == HTTPS || this == TLS;
  }

  /** Whether HTTP requests may come, seen on the connection or told. */
  public boolean mayBeHttp() {
    return isHttp() || this == SNIFFED;
  }
}
