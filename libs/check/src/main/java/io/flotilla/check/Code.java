// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check;

/** What can be found. Codes that begin with IST are upstream's, with its names and levels. */
public enum Code {
  DEPRECATED("IST0002", "Deprecated", Level.WARNING),
  REFERENCED_RESOURCE_NOT_FOUND("IST0101", "ReferencedResourceNotFound", Level.ERROR),
  SCHEMA_VALIDATION_ERROR("IST0106", "SchemaValidationError", Level.ERROR),
  CONFLICTING_MESH_GATEWAY_HOSTS(
      "IST0109", "ConflictingMeshGatewayVirtualServiceHosts", Level.ERROR),
  DESTINATION_PORT_REQUIRED(
      "IST0112", "VirtualServiceDestinationPortSelectorRequired", Level.ERROR),
  HOST_NOT_FOUND_IN_GATEWAY("IST0132", "VirtualServiceHostNotFoundInGateway", Level.WARNING),
  SUBSET_SELECTS_NO_WORKLOADS("IST0173", "DestinationRuleSubsetNotSelectPods", Level.ERROR),
  UNKNOWN_DESTINATION_RULE_HOST("IST0174", "UnknownDestinationRuleHost", Level.WARNING),
  DEFINED_TWICE("FLT0001", "DefinedTwice", Level.INFO),
  NOT_ACTED_ON("FLT0002", "NotActedOn", Level.WARNING);

  private final String code;
  private final String title;
  private final Level level;

  Code(String code, String title, Level level) {
    this.code = code;
    this.title = title;
    this.level = level;
  }

  /** "IST0101". */
  public String code() {
    return code;
  }

  /** "ReferencedResourceNotFound". */
  public String title() {
    return title;
  }

  public Level level() {
    return level;
  }
}
