// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import io.flotilla.model.dns.NameTable;
import io.flotilla.model.dns.NameTable.Name;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The table of names, Istio's NDS. */
public final class NameTableCodec {
  private static final String KUBERNETES = "Kubernetes";
  private static final String EXTERNAL = "External";

  private NameTableCodec() {}

  /** To the wire. */
  public static io.flotilla.contract.nds.NameTable encode(NameTable table) {
    io.flotilla.contract.nds.NameTable.Builder out =
        io.flotilla.contract.nds.NameTable.newBuilder();
    table
        .names()
        .forEach(
            (host, name) ->
                out.putTable(
                    host,
                    io.flotilla.contract.nds.NameTable.NameInfo.newBuilder()
                        .addAllIps(name.addresses())
                        .setRegistry(name.kubernetes() ? KUBERNETES : EXTERNAL)
                        .setShortname(name.shortName())
                        .setNamespace(name.namespace())
                        .build()));
    return out.build();
  }

  /** From the wire. */
  public static NameTable decode(io.flotilla.contract.nds.NameTable table) {
    Map<String, Name> names = new LinkedHashMap<>();
    table
        .getTableMap()
        .forEach(
            (host, info) ->
                names.put(
                    host.toLowerCase(Locale.ROOT),
                    new Name(
                        info.getIpsList(),
                        info.getRegistry().equals(KUBERNETES),
                        info.getShortname(),
                        info.getNamespace())));
    return new NameTable(names);
  }
}
