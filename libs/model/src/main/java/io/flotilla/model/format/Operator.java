// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.format;

import io.flotilla.model.InvalidModelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The command operators, by their names in formats. What each takes, and which arguments it
 * understands, is as a real Envoy has it ({@code FormatSyntaxIT} asks one).
 */
public enum Operator {
  ACCESS_LOG_TYPE,
  BYTES_RECEIVED,
  BYTES_RETRANSMITTED,
  BYTES_SENT,
  CEL(Takes.REQUIRED_AND_LENGTH),
  CLUSTER_METADATA(Takes.REQUIRED),
  COALESCE(Takes.REQUIRED_AND_LENGTH),
  COMMON_DURATION(Takes.REQUIRED),
  CONNECTION_ID,
  CONNECTION_TERMINATION_DETAILS,
  CUSTOM_FLAGS,
  DOWNSTREAM_CX_RTT,
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT,
  DOWNSTREAM_DETECTED_CLOSE_TYPE,
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS,
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID,
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT(Takes.OPTIONAL),
  DOWNSTREAM_DIRECT_LOCAL_PORT,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT(Takes.OPTIONAL),
  DOWNSTREAM_DIRECT_REMOTE_PORT,
  DOWNSTREAM_HANDSHAKE_DURATION,
  DOWNSTREAM_HEADER_BYTES_RECEIVED,
  DOWNSTREAM_HEADER_BYTES_SENT,
  DOWNSTREAM_LOCAL_ADDRESS,
  DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID,
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(Takes.OPTIONAL),
  DOWNSTREAM_LOCAL_CLOSE_REASON,
  DOWNSTREAM_LOCAL_DNS_SAN,
  DOWNSTREAM_LOCAL_EMAIL_SAN,
  DOWNSTREAM_LOCAL_IP_SAN,
  DOWNSTREAM_LOCAL_OTHERNAME_SAN,
  DOWNSTREAM_LOCAL_PORT,
  DOWNSTREAM_LOCAL_SUBJECT,
  DOWNSTREAM_LOCAL_URI_SAN,
  DOWNSTREAM_PEER_CERT,
  DOWNSTREAM_PEER_CERT_V_END(Takes.OPTIONAL),
  DOWNSTREAM_PEER_CERT_V_START(Takes.OPTIONAL),
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1,
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256,
  DOWNSTREAM_PEER_CHAIN_SERIALS,
  DOWNSTREAM_PEER_DNS_SAN,
  DOWNSTREAM_PEER_EMAIL_SAN,
  DOWNSTREAM_PEER_FINGERPRINT_1,
  DOWNSTREAM_PEER_FINGERPRINT_256,
  DOWNSTREAM_PEER_IP_SAN,
  DOWNSTREAM_PEER_ISSUER,
  DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256,
  DOWNSTREAM_PEER_ISSUER_SERIAL,
  DOWNSTREAM_PEER_OTHERNAME_SAN,
  DOWNSTREAM_PEER_SERIAL,
  DOWNSTREAM_PEER_SUBJECT,
  DOWNSTREAM_PEER_URI_SAN,
  DOWNSTREAM_REMOTE_ADDRESS,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(Takes.OPTIONAL),
  DOWNSTREAM_REMOTE_PORT,
  DOWNSTREAM_TLS_CIPHER,
  DOWNSTREAM_TLS_GROUP,
  DOWNSTREAM_TLS_SESSION_ID,
  DOWNSTREAM_TLS_VERSION,
  DOWNSTREAM_TRANSPORT_FAILURE_REASON,
  DOWNSTREAM_WIRE_BYTES_RECEIVED,
  DOWNSTREAM_WIRE_BYTES_SENT,
  DURATION,
  DYNAMIC_METADATA(Takes.REQUIRED_AND_LENGTH),
  EMIT_TIME(Takes.OPTIONAL),
  EMIT_TIME_LOCAL(Takes.OPTIONAL),
  ENVIRONMENT(Takes.REQUIRED_AND_LENGTH),
  FILTER_CHAIN_NAME,
  FILTER_STATE(Takes.REQUIRED_AND_LENGTH),
  GRPC_STATUS(Takes.OPTIONAL),
  GRPC_STATUS_NUMBER,
  HOSTNAME,
  LISTENER_NAME,
  LOCAL_REPLY_BODY,
  METADATA(Takes.REQUIRED_AND_LENGTH),
  PACKETS_RETRANSMITTED,
  PATH(Takes.OPTIONAL_AND_LENGTH),
  PROTOCOL,
  QUERY_PARAM(Takes.REQUIRED_AND_LENGTH),
  QUERY_PARAMS(Takes.OPTIONAL_AND_LENGTH),
  REQ(Takes.REQUIRED_AND_LENGTH),
  REQUESTED_SERVER_NAME(Takes.OPTIONAL),
  REQUEST_DURATION,
  REQUEST_HEADER(Takes.REQUIRED_AND_LENGTH),
  REQUEST_HEADERS_BYTES,
  REQUEST_TX_DURATION,
  REQ_WITHOUT_QUERY(Takes.OPTIONAL_AND_LENGTH),
  RESP(Takes.REQUIRED_AND_LENGTH),
  RESPONSE_CODE,
  RESPONSE_CODE_DETAILS(Takes.OPTIONAL),
  RESPONSE_DURATION,
  RESPONSE_FLAGS,
  RESPONSE_FLAGS_LONG,
  RESPONSE_HEADER(Takes.REQUIRED_AND_LENGTH),
  RESPONSE_HEADERS_BYTES,
  RESPONSE_TRAILER(Takes.REQUIRED_AND_LENGTH),
  RESPONSE_TRAILERS_BYTES,
  RESPONSE_TX_DURATION,
  ROUNDTRIP_DURATION,
  ROUTE_NAME,
  ROUTE_RESOLUTION_COUNT,
  ROUTE_RESOLUTION_TIME_US,
  SPAN_ID,
  START_TIME(Takes.OPTIONAL),
  START_TIME_LOCAL(Takes.OPTIONAL),
  STREAM_ID,
  STREAM_INFO_REQ(Takes.REQUIRED_AND_LENGTH),
  TLS_JA3_FINGERPRINT,
  TLS_JA4_FINGERPRINT,
  TRACE_ID,
  TRAILER(Takes.REQUIRED_AND_LENGTH),
  TYPED_CEL(Takes.REQUIRED_AND_LENGTH),
  UNIQUE_ID,
  UPSTREAM_CLUSTER,
  UPSTREAM_CLUSTER_RAW,
  UPSTREAM_CONNECTION_ID,
  UPSTREAM_CONNECTION_IDS_ATTEMPTED,
  UPSTREAM_CONNECTION_POOL_READY_DURATION,
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT,
  UPSTREAM_DETECTED_CLOSE_TYPE,
  UPSTREAM_FILTER_STATE(Takes.REQUIRED_AND_LENGTH),
  UPSTREAM_HEADER_BYTES_RECEIVED,
  UPSTREAM_HEADER_BYTES_SENT,
  UPSTREAM_HOST,
  UPSTREAM_HOSTS_ATTEMPTED,
  UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT,
  UPSTREAM_HOST_NAME,
  UPSTREAM_HOST_NAMES_ATTEMPTED,
  UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT,
  UPSTREAM_HOST_NAME_WITHOUT_PORT,
  UPSTREAM_LOCAL_ADDRESS,
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(Takes.OPTIONAL),
  UPSTREAM_LOCAL_CLOSE_REASON,
  UPSTREAM_LOCAL_DNS_SAN,
  UPSTREAM_LOCAL_IP_SAN,
  UPSTREAM_LOCAL_PORT,
  UPSTREAM_LOCAL_URI_SAN,
  UPSTREAM_METADATA(Takes.REQUIRED),
  UPSTREAM_PEER_CERT,
  UPSTREAM_PEER_CERT_V_END(Takes.OPTIONAL),
  UPSTREAM_PEER_CERT_V_START(Takes.OPTIONAL),
  UPSTREAM_PEER_DNS_SAN,
  UPSTREAM_PEER_IP_SAN,
  UPSTREAM_PEER_ISSUER,
  UPSTREAM_PEER_SUBJECT,
  UPSTREAM_PEER_URI_SAN,
  UPSTREAM_PROTOCOL,
  UPSTREAM_REMOTE_ADDRESS,
  UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID,
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(Takes.OPTIONAL),
  UPSTREAM_REMOTE_PORT,
  UPSTREAM_REQUEST_ATTEMPT_COUNT,
  UPSTREAM_SERVER_NAME,
  UPSTREAM_TLS_CIPHER,
  UPSTREAM_TLS_GROUP,
  UPSTREAM_TLS_SESSION_ID,
  UPSTREAM_TLS_VERSION,
  UPSTREAM_TRANSPORT_FAILURE_REASON,
  UPSTREAM_WIRE_BYTES_RECEIVED,
  UPSTREAM_WIRE_BYTES_SENT,
  VIRTUAL_CLUSTER_NAME;

  private static final Map<String, Operator> BY_NAME = new HashMap<>();
  private static final Pattern HEADERS = Pattern.compile("[^?\\n\\r\\x00]+(\\?[^?\\n\\r\\x00]*)?");
  private static final Set<String> STATUS_FORMS = Set.of("CAMEL_STRING", "SNAKE_STRING", "NUMBER");
  private static final Set<String> PRECISIONS = Set.of("ms", "us", "ns");
  private static final Set<String> METADATA_KINDS =
      Set.of("DYNAMIC", "CLUSTER", "ROUTE", "UPSTREAM_HOST", "LISTENER", "VIRTUAL_HOST");

  static {
    for (Operator each : values()) {
      BY_NAME.put(each.name(), each);
    }
  }

  private final Takes takes;

  Operator() {
    this(Takes.NOTHING);
  }

  Operator(Takes takes) {
    this.takes = takes;
  }

  /** What may follow an operator's name. */
  public enum Takes {
    NOTHING,
    OPTIONAL,
    OPTIONAL_AND_LENGTH,
    REQUIRED,
    REQUIRED_AND_LENGTH
  }

  /** The operator of a name. */
  public static Optional<Operator> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** What may follow its name. */
  public Takes takes() {
    return takes;
  }

  void check(String argument, boolean length) {
    if (argument.isEmpty() && (takes == Takes.REQUIRED || takes == Takes.REQUIRED_AND_LENGTH)) {
      throw refused("needs an argument in parentheses");
    }
    if (!argument.isEmpty() && takes == Takes.NOTHING) {
      throw refused("takes no argument, but is given '" + argument + "'");
    }
    if (length && takes != Takes.OPTIONAL_AND_LENGTH && takes != Takes.REQUIRED_AND_LENGTH) {
      throw refused("takes no length");
    }
    if (!argument.isEmpty()) {
      understand(argument);
    }
  }

  private void understand(String argument) {
    String[] words = argument.split(":", -1);
    boolean understood =
        switch (this) {
          case REQ,
              RESP,
              TRAILER,
              REQUEST_HEADER,
              RESPONSE_HEADER,
              RESPONSE_TRAILER,
              STREAM_INFO_REQ,
              REQ_WITHOUT_QUERY ->
              HEADERS.matcher(argument).matches();
          case GRPC_STATUS -> STATUS_FORMS.contains(argument);
          case COMMON_DURATION ->
              words.length == 2 || (words.length == 3 && PRECISIONS.contains(words[2]));
          case FILTER_STATE, UPSTREAM_FILTER_STATE -> isFilterState(words);
          case PATH -> isOption(words, Set.of("WQ", "NQ"), Set.of("ORIG", "PATH", "ORIG_OR_PATH"));
          case REQUESTED_SERVER_NAME ->
              isOption(
                  words,
                  Set.of("SNI_ONLY", "SNI_FIRST", "HOST_FIRST"),
                  Set.of("ORIG", "HOST", "ORIG_OR_HOST"));
          case QUERY_PARAMS -> Set.of("ORIG", "DECODED").contains(argument);
          case CEL, TYPED_CEL, COALESCE -> throw refused("is not supported");
          case METADATA -> METADATA_KINDS.contains(words[0]);
          default -> true;
        };
    if (!understood) {
      throw refused("does not understand its argument '" + argument + "'");
    }
  }

  private static boolean isFilterState(String[] words) {
    if (words[0].isEmpty()) {
      return false;
    }
    return switch (words.length < 2 ? "TYPED" : words[1]) {
      case "PLAIN", "TYPED", "" -> words.length < 3 || words[2].isEmpty();
      case "FIELD" -> words.length == 3 && !words[2].isEmpty();
      default -> false;
    };
  }

  private static boolean isOption(String[] words, Set<String> first, Set<String> second) {
    return (words[0].isEmpty() || first.contains(words[0]))
        && (words.length < 2 || words[1].isEmpty() || second.contains(words[1]))
        && words.length <= 2;
  }

  private InvalidModelException refused(String why) {
    return new InvalidModelException("the command operator %" + name() + "% of a format " + why);
  }

  /** All names, in order. */
  public static List<String> names() {
    return BY_NAME.keySet().stream().sorted().toList();
  }
}
