// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.identity;

import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.xds.server.SdsServer;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves SDS on a Unix socket, for a proxy in another process: what the identity holds, and each
 * renewal as it comes. The socket has mode 0600, in a directory that only this user enters, since
 * who can connect gets the private key.
 */
public final class SecretSocket implements AutoCloseable {
  // sockaddr_un.sun_path on Linux, with its final zero.
  private static final int LONGEST_PATH = 107;

  private final Path file;
  private final Server server;
  private final EventLoopGroup loop;
  private final AutoCloseable listening;

  private SecretSocket(Path file, Server server, EventLoopGroup loop, AutoCloseable listening) {
    this.file = file;
    this.server = server;
    this.loop = loop;
    this.listening = listening;
  }

  /**
   * Opens the socket at {@code file}, in place of one that a former process left there.
   *
   * @throws IllegalStateException if it cannot listen there
   */
  public static SecretSocket open(Path file, WorkloadIdentity identity) {
    if (file.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
      throw failure(file, "its path is longer than " + LONGEST_PATH + " bytes", null);
    }
    if (!Epoll.isAvailable()) {
      throw failure(file, "Unix sockets need Linux", Epoll.unavailabilityCause());
    }
    SdsServer secrets = new SdsServer();
    EventLoopGroup loop = new EpollEventLoopGroup(1);
    try {
      Path directory = file.toAbsolutePath().getParent();
      if (directory != null) {
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      Files.deleteIfExists(file);
      Server server =
          NettyServerBuilder.forAddress(new DomainSocketAddress(file.toFile()))
              .channelType(EpollServerDomainSocketChannel.class)
              .bossEventLoopGroup(loop)
              .workerEventLoopGroup(loop)
              .addService(secrets)
              .build()
              .start();
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      AutoCloseable listening = identity.listen(held -> secrets.update(held.secrets()));
      return new SecretSocket(file, server, loop, listening);
    } catch (IOException e) {
      loop.shutdownGracefully();
      throw failure(file, String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (Exception e) {
      throw new IllegalStateException("The identity kept its listener", e);
    } finally {
      server.shutdownNow();
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      try {
        Files.deleteIfExists(file);
      } catch (IOException leftForTheNext) {
        file.toFile().deleteOnExit();
      }
    }
  }

  private static IllegalStateException failure(Path file, String why, @Nullable Throwable cause) {
    return new IllegalStateException(
        "The agent cannot serve secrets at " + file + ": " + why, cause);
  }
}
