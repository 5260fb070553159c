// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.flotilla.model.format.FormatString.Part.Command;
import io.flotilla.model.format.Operator;
import io.flotilla.proxy.log.LogSource.Metadata;
import io.flotilla.proxy.log.LogSource.Moment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What each command operator makes of a source, and of its argument. */
final class Commands {
  private static final String ORIGINAL_PATH = "x-envoy-original-path";
  private static final String ORIGINAL_HOST = "x-envoy-original-host";
  private static final List<String> STATUS =
      List.of(
          "OK",
          "Canceled",
          "Unknown",
          "InvalidArgument",
          "DeadlineExceeded",
          "NotFound",
          "AlreadyExists",
          "PermissionDenied",
          "ResourceExhausted",
          "FailedPrecondition",
          "Aborted",
          "OutOfRange",
          "Unimplemented",
          "Internal",
          "Unavailable",
          "DataLoss",
          "Unauthenticated");

  private Commands() {}

  static LogFormat.Part part(Command command) {
    LogFormat.Part part = of(command.operator(), command.argument());
    int max = command.maxLength();
    if (max == Integer.MAX_VALUE) {
      return part;
    }
    return source -> {
      Object value = part.of(source);
      return value instanceof String s && s.length() > max ? s.substring(0, max) : value;
    };
  }

  private static LogFormat.Part of(Operator operator, String argument) {
    return switch (operator) {
      case REQ, REQUEST_HEADER, STREAM_INFO_REQ -> {
        String[] names = names(argument);
        yield s -> first(s.requestHeader(names[0]), names[1].isEmpty() ? null : s, names[1]);
      }
      case REQ_WITHOUT_QUERY -> {
        String[] names = names(argument);
        yield s ->
            withoutQuery(first(s.requestHeader(names[0]), names[1].isEmpty() ? null : s, names[1]));
      }
      case RESP, RESPONSE_HEADER -> {
        String[] names = names(argument);
        yield s -> {
          String value = s.responseHeader(names[0]);
          return value == null && !names[1].isEmpty() ? s.responseHeader(names[1]) : value;
        };
      }
      case TRAILER, RESPONSE_TRAILER -> {
        String[] names = names(argument);
        yield s -> {
          String value = s.trailer(names[0]);
          return value == null && !names[1].isEmpty() ? s.trailer(names[1]) : value;
        };
      }
      case START_TIME -> time(argument, false, LogSource::start);
      case START_TIME_LOCAL -> time(argument, true, LogSource::start);
      case EMIT_TIME -> time(argument, false, s -> Instant.now());
      case EMIT_TIME_LOCAL -> time(argument, true, s -> Instant.now());
      case DOWNSTREAM_PEER_CERT_V_START,
          DOWNSTREAM_PEER_CERT_V_END,
          UPSTREAM_PEER_CERT_V_START,
          UPSTREAM_PEER_CERT_V_END ->
          time(argument, false, s -> (Instant) s.value(operator));
      case COMMON_DURATION -> duration(argument.split(":"));
      case GRPC_STATUS -> grpcStatus(argument);
      case RESPONSE_CODE_DETAILS ->
          argument.equals("ALLOW_WHITESPACES")
              ? s -> s.value(operator)
              : s -> s.value(operator) instanceof String d ? d.replaceAll("\\s", "_") : null;
      case UPSTREAM_TRANSPORT_FAILURE_REASON, DOWNSTREAM_TRANSPORT_FAILURE_REASON ->
          s -> s.value(operator) instanceof String d ? d.replace(' ', '_') : null;
      case DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT,
          DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT,
          DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT,
          DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT,
          UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT,
          UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT ->
          masked(operator, argument);
      case DYNAMIC_METADATA -> metadata(Metadata.DYNAMIC, argument);
      case CLUSTER_METADATA -> metadata(Metadata.CLUSTER, argument);
      case UPSTREAM_METADATA -> metadata(Metadata.UPSTREAM_HOST, argument);
      case METADATA -> {
        int colon = argument.indexOf(':');
        yield colon < 0
            ? s -> null
            : metadata(
                Metadata.valueOf(argument.substring(0, colon)), argument.substring(colon + 1));
      }
      case ENVIRONMENT -> {
        String value = System.getenv(argument);
        yield s -> value == null ? "-" : value;
      }
      case PATH -> path(argument.split(":", -1));
      case QUERY_PARAM -> s -> parameter(path(s), argument);
      case QUERY_PARAMS ->
          s -> {
            String query = query(path(s));
            return query.isEmpty() ? null : query;
          };
      case REQUESTED_SERVER_NAME -> serverName(argument.split(":", -1));
      case RESPONSE_FLAGS, RESPONSE_FLAGS_LONG ->
          s -> {
            Object flags = s.value(operator);
            return flags == null ? "-" : flags;
          };
      case UNIQUE_ID -> s -> UUID.randomUUID().toString();
      default -> s -> s.value(operator);
    };
  }

  private interface Time {
    @Nullable Instant of(LogSource source);
  }

  private static LogFormat.Part time(String argument, boolean local, Time time) {
    TimeFormat format = new TimeFormat(argument, local);
    return s -> {
      Instant at = time.of(s);
      return at == null ? null : format.of(at);
    };
  }

  private static String[] names(String argument) {
    String lower = argument.toLowerCase(Locale.ROOT);
    int question = lower.indexOf('?');
    return question < 0
        ? new String[] {lower, ""}
        : new String[] {lower.substring(0, question), lower.substring(question + 1)};
  }

  private static @Nullable String first(
      @Nullable String value, @Nullable LogSource other, String name) {
    return value == null && other != null ? other.requestHeader(name) : value;
  }

  private static LogFormat.Part duration(String[] words) {
    Moment from = moment(words[0]);
    Moment to = moment(words[1]);
    long unit =
        switch (words.length < 3 ? "ms" : words[2]) {
          case "us" -> 1_000;
          case "ns" -> 1;
          default -> 1_000_000;
        };
    if (from == null || to == null) {
      return s -> null;
    }
    return s -> {
      long begin = s.when(from);
      long end = s.when(to);
      return begin == LogSource.NEVER || end == LogSource.NEVER || end < begin
          ? null
          : (end - begin) / unit;
    };
  }

  private static @Nullable Moment moment(String name) {
    for (Moment each : Moment.values()) {
      if (each.name().equals(name)) {
        return each;
      }
    }
    return null;
  }

  private static LogFormat.Part grpcStatus(String form) {
    return s -> {
      if (!(s.value(Operator.GRPC_STATUS_NUMBER) instanceof Integer code)) {
        return null;
      }
      return switch (form) {
        case "NUMBER" -> code;
        case "SNAKE_STRING" -> code < STATUS.size() ? snake(STATUS.get(code)) : code.toString();
        default -> code < STATUS.size() ? STATUS.get(code) : code.toString();
      };
    };
  }

  private static String snake(String camel) {
    return camel.equals("Canceled")
        ? "CANCELLED"
        : camel.replaceAll("([a-z])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
  }

  private static LogFormat.Part masked(Operator operator, String prefix) {
    int bits;
    try {
      bits = prefix.isEmpty() ? -1 : Integer.parseInt(prefix);
    } catch (NumberFormatException notANumber) {
      bits = -1;
    }
    int length = bits;
    return length < 0
        ? s -> s.value(operator)
        : s -> s.value(operator) instanceof String address ? network(address, length) : null;
  }

  private static @Nullable String network(String address, int length) {
    try {
      byte[] bytes = InetAddress.getByName(address).getAddress();
      for (int bit = length; bit < bytes.length * 8; bit++) {
        bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
      }
      return InetAddress.getByAddress(bytes).getHostAddress()
          + "/"
          + Math.min(length, bytes.length * 8);
    } catch (UnknownHostException notAnAddress) {
      return null;
    }
  }

  private static LogFormat.Part metadata(Metadata of, String argument) {
    String[] path = argument.split(":");
    return s -> {
      Object at = s.metadata(of, path[0]);
      if (at instanceof Map<?, ?> map && map.isEmpty()) {
        return null;
      }
      for (int i = 1; i < path.length; i++) {
        at = at instanceof Map<?, ?> map ? map.get(path[i]) : null;
      }
      return at;
    };
  }

  private static LogFormat.Part path(String[] words) {
    boolean query = !words[0].equals("NQ");
    String from = words.length < 2 || words[1].isEmpty() ? "ORIG_OR_PATH" : words[1];
    return s -> {
      String path =
          switch (from) {
            case "ORIG" -> s.requestHeader(ORIGINAL_PATH);
            case "PATH" -> s.requestHeader(":path");
            default -> first(s.requestHeader(ORIGINAL_PATH), s, ":path");
          };
      return query ? path : withoutQuery(path);
    };
  }

  private static String path(LogSource source) {
    String path = source.requestHeader(":path");
    return path == null ? "" : path;
  }

  private static String query(String path) {
    int question = path.indexOf('?');
    return question < 0 ? "" : path.substring(question + 1);
  }

  private static @Nullable String parameter(String path, String name) {
    for (String each : query(path).split("&")) {
      int equals = each.indexOf('=');
      String key = equals < 0 ? each : each.substring(0, equals);
      if (key.equals(name)) {
        return equals < 0 ? "" : each.substring(equals + 1);
      }
    }
    return null;
  }

  private static @Nullable String withoutQuery(@Nullable String path) {
    int query = path == null ? -1 : path.indexOf('?');
    return path == null || query < 0 ? path : path.substring(0, query);
  }

  private static LogFormat.Part serverName(String[] words) {
    String from = words.length < 2 || words[1].isEmpty() ? "ORIG_OR_HOST" : words[1];
    LogFormat.Part host =
        s ->
            switch (from) {
              case "ORIG" -> s.requestHeader(ORIGINAL_HOST);
              case "HOST" -> s.requestHeader(":authority");
              default -> first(s.requestHeader(ORIGINAL_HOST), s, ":authority");
            };
    return switch (words[0]) {
      case "SNI_FIRST" ->
          s -> {
            Object name = s.value(Operator.REQUESTED_SERVER_NAME);
            return name == null ? host.of(s) : name;
          };
      case "HOST_FIRST" ->
          s -> {
            Object name = host.of(s);
            return name == null ? s.value(Operator.REQUESTED_SERVER_NAME) : name;
          };
      default -> s -> s.value(Operator.REQUESTED_SERVER_NAME);
    };
  }
}
