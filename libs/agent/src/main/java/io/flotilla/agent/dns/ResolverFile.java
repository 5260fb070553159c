// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What /etc/resolv.conf says (resolv.conf(5)).
 *
 * @param servers at most three, as the C library takes
 * @param search the domains that clients put behind names
 */
public record ResolverFile(List<InetSocketAddress> servers, List<String> search) {
  private static final int MAX_SERVERS = 3;
  private static final int MAX_BYTES = 64 * 1024;
  private static final int PORT = 53;

  public ResolverFile {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
  }

  /**
   * Reads one.
   *
   * @throws IOException naming the file, if it cannot be read
   */
  public static ResolverFile read(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException(file + " has more than " + MAX_BYTES + " bytes");
      }
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw new IOException(
          "the resolvers of the machine cannot be read from " + file + ": " + e.getMessage(), e);
    }
  }

  /** Of the file's text; lines that say something else are passed over. */
  static ResolverFile parse(String text) {
    List<InetSocketAddress> servers = new ArrayList<>();
    List<String> search = new ArrayList<>();
    for (String line : text.split("\n")) {
      String[] words = line.strip().split("[ \t]+");
      if (words.length < 2) {
        continue;
      }
      switch (words[0]) {
        case "nameserver" -> {
          if (servers.size() < MAX_SERVERS) {
            literal(words[1]).ifPresent(a -> servers.add(new InetSocketAddress(a, PORT)));
          }
        }
        case "search", "domain" -> {
          search.clear();
          Arrays.stream(words).skip(1).filter(d -> !d.equals(".")).forEach(search::add);
        }
        default -> {}
      }
    }
    return new ResolverFile(servers, search);
  }

  private static Optional<InetAddress> literal(String text) {
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
