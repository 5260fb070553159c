// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import io.flotilla.model.address.CidrRange;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.StringMatch;
import java.util.List;
import java.util.Optional;

/**
 * What must hold of a request or connection (Envoy: config.rbac.v3.Permission and Principal, whose
 * rules are mostly the same).
 */
public sealed interface AccessCondition {

  /** Always. */
  record Any() implements AccessCondition {}

  /** All of these. */
  record And(List<AccessCondition> all) implements AccessCondition {
    public And {
      all = List.copyOf(all);
      Checks.require(!all.isEmpty(), "an 'and' of access conditions must hold at least one");
    }
  }

  /** One of these. */
  record Or(List<AccessCondition> any) implements AccessCondition {
    public Or {
      any = List.copyOf(any);
      Checks.require(!any.isEmpty(), "an 'or' of access conditions must hold at least one");
    }
  }

  /** Not this. */
  record Not(AccessCondition condition) implements AccessCondition {}

  /** A header; never holds of a connection without requests. */
  record Header(HeaderMatch match) implements AccessCondition {}

  /** The path without query and fragment. */
  record UrlPath(StringMatch match) implements AccessCondition {}

  /** What an earlier filter noted. */
  record Metadata(MetadataMatch match) implements AccessCondition {}

  /** The address that the connection was meant for. */
  record DestinationIp(CidrRange range) implements AccessCondition {}

  /** The port that the connection was meant for. */
  record DestinationPort(int port) implements AccessCondition {
    public DestinationPort {
      Checks.inRange(port, 0, 65_535, "destination port of an access condition");
    }
  }

  /** From {@code first} to before {@code end}. */
  record DestinationPorts(int first, int end) implements AccessCondition {
    public DestinationPorts {
      Checks.inRange(first, 0, 65_535, "first destination port of an access condition");
      Checks.inRange(end, first + 1, 65_536, "end of the destination ports of a condition");
    }
  }

  /** The server name of the TLS hello; empty where none was sent. */
  record ServerName(StringMatch match) implements AccessCondition {}

  /** The path without its query, by a URI template of Envoy: "/users/*&#47;files/**". */
  record PathTemplate(String template) implements AccessCondition {
    public PathTemplate {
      Checks.notEmpty(template, "path template of an access condition");
    }
  }

  /**
   * The caller's certificate: one of its URI names, its DNS names, or its subject; empty: any
   * verified certificate.
   */
  record Authenticated(Optional<StringMatch> principal) implements AccessCondition {}

  /** The connection's other end, or what the PROXY protocol said it is. */
  record SourceIp(CidrRange range) implements AccessCondition {}

  /** The connection's other end. */
  record DirectRemoteIp(CidrRange range) implements AccessCondition {}

  /** The client, as trusted x-forwarded-for headers tell. */
  record RemoteIp(CidrRange range) implements AccessCondition {}

  /** What the connection carries under a key ("io.istio.peer_principal"). */
  record FilterState(String key, StringMatch match) implements AccessCondition {
    public FilterState {
      Checks.notEmpty(key, "key of a filter state condition");
    }
  }
}
