// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.endpoint;

/** Region, zone and sub-zone; each may be empty. */
public record Locality(String region, String zone, String subZone) {
  public static final Locality NONE = new Locality("", "", "");
}
