// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Optional;

/** One listener of a gateway. */
public record Server(
    @Field("A name, unique in the gateway.") Optional<String> name,
    @Field(value = "Port and protocol.", required = true) Port port,
    @Field("The address to listen on; absent: all.") Optional<String> bind,
    @Field(value = "The hosts it serves, 'host' or 'namespace/host'.", required = true)
        List<String> hosts,
    @Field("TLS of the listener.") Optional<ServerTlsSettings> tls,
    @Field("Not implemented.") Optional<String> defaultEndpoint) {
  public Server {
    require(!hosts.isEmpty(), "hosts", "a server needs at least one host; '*' stands for all");
    for (String host : hosts) {
      Hosts.check("hosts", host.substring(host.indexOf('/') + 1));
    }
    Protocol protocol = port.parsedProtocol();
    require(
        tls.isEmpty()
            || protocol.isTls()
            || !protocol.isHttp()
            || tls.get().httpsRedirect().orElse(false),
        "tls",
        "TLS needs a port of protocol HTTPS, GRPC-WEB, TLS or TCP, not " + port.protocol());
    require(
        protocol != Protocol.HTTPS && protocol != Protocol.TLS || tls.isPresent(),
        "tls",
        "a port of protocol " + port.protocol() + " needs tls");
  }

  /** A port of a gateway. */
  public record Port(
      @Field(value = "Its number.", required = true, unsigned = true) int number,
      @Field(value = "HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS.", required = true)
          String protocol,
      @Field(value = "A name.", required = true) String name,
      @Field(value = "Has no effect.", unsigned = true) Optional<Integer> targetPort) {
    public Port {
      Ports.check("number", number);
      require(!name.isEmpty(), "name", "a port needs a name");
      require(
          Protocol.parse(protocol) != Protocol.UNSUPPORTED,
          "protocol",
          "'"
              + protocol
              + "' is not a protocol: use HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS");
    }

    public Protocol parsedProtocol() {
      return Protocol.parse(protocol);
    }
  }
}
