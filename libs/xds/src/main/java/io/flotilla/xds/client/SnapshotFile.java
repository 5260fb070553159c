// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.client;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.flotilla.xds.TypeUrl;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The last good resources on disk: delimited discovery responses, one a type. Secrets are never
 * written. The file is replaced as a whole, so that a crash leaves the old or the new.
 */
public final class SnapshotFile {
  private final Path file;

  public SnapshotFile(Path file) {
    this.file = file;
  }

  /** Replaces the file. */
  public void write(Map<String, Map<String, RawAdsClient.Received>> types) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.deleteIfExists(next);
    Files.createFile(
        next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel));
      for (Map.Entry<String, Map<String, RawAdsClient.Received>> type : types.entrySet()) {
        if (type.getKey().equals(TypeUrl.SECRET)) {
          continue;
        }
        DeltaDiscoveryResponse.Builder all =
            DeltaDiscoveryResponse.newBuilder().setTypeUrl(type.getKey());
        for (RawAdsClient.Received each : type.getValue().values()) {
          all.addResources(
              Resource.newBuilder()
                  .setName(each.name())
                  .setVersion(each.version())
                  .setResource(each.body()));
        }
        all.build().writeDelimitedTo(out);
      }
      out.flush();
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** What the file holds; empty when there is none. */
  public Map<String, Map<String, RawAdsClient.Received>> read() throws IOException {
    Map<String, Map<String, RawAdsClient.Received>> types = new LinkedHashMap<>();
    if (!Files.exists(file)) {
      return types;
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      for (DeltaDiscoveryResponse all = DeltaDiscoveryResponse.parseDelimitedFrom(in);
          all != null;
          all = DeltaDiscoveryResponse.parseDelimitedFrom(in)) {
        Map<String, RawAdsClient.Received> resources = new LinkedHashMap<>();
        for (Resource each : all.getResourcesList()) {
          Any body = each.getResource();
          resources.put(
              each.getName(), new RawAdsClient.Received(each.getName(), each.getVersion(), body));
        }
        types.put(all.getTypeUrl(), resources);
      }
    }
    return types;
  }
}
