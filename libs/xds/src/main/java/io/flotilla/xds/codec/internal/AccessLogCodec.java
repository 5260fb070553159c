// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ResponseFlagFilter;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StderrAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.envoyproxy.envoy.extensions.formatter.metadata.v3.Metadata;
import io.envoyproxy.envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.format.FormatString;
import io.flotilla.model.format.JsonFormat;
import io.flotilla.model.format.Operator;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.AccessLog.Format;
import io.flotilla.model.listener.AccessLog.Sink;
import io.flotilla.model.listener.LogFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Access logs. */
final class AccessLogCodec {
  private static final int MAX_DEPTH = 16;
  private static final String FORMATTER = "envoy.formatter.";

  private AccessLogCodec() {}

  /** To the wire. */
  static io.envoyproxy.envoy.config.accesslog.v3.AccessLog encode(AccessLog log) {
    var b = io.envoyproxy.envoy.config.accesslog.v3.AccessLog.newBuilder();
    switch (log.sink()) {
      case Sink.File f -> b.setName("envoy.access_loggers.file").setTypedConfig(Any.pack(file(f)));
    }
    log.filter().ifPresent(f -> b.setFilter(filter(f)));
    return b.build();
  }

  private static FileAccessLog file(Sink.File file) {
    FileAccessLog.Builder b = FileAccessLog.newBuilder().setPath(file.path());
    switch (file.format()) {
      case Format.Text t -> {
        if (!t.format().text().isEmpty() || t.omitEmpty()) {
          b.setLogFormat(
              extensions(t.format().operators())
                  .setOmitEmptyValues(t.omitEmpty())
                  .setTextFormatSource(DataSource.newBuilder().setInlineString(t.format().text())));
        }
      }
      case Format.Json j ->
          b.setLogFormat(
              extensions(j.fields().operators())
                  .setOmitEmptyValues(j.omitEmpty())
                  .setJsonFormat(value(j.fields()).getStructValue()));
    }
    return b.build();
  }

  // Operators that Envoy knows only when it is given their formatter.
  private static SubstitutionFormatString.Builder extensions(Set<Operator> used) {
    SubstitutionFormatString.Builder b = SubstitutionFormatString.newBuilder();
    if (used.contains(Operator.REQ_WITHOUT_QUERY)) {
      b.addFormatters(
          formatter("req_without_query", Any.pack(ReqWithoutQuery.getDefaultInstance())));
    }
    if (used.contains(Operator.METADATA)) {
      b.addFormatters(formatter("metadata", Any.pack(Metadata.getDefaultInstance())));
    }
    return b;
  }

  private static TypedExtensionConfig formatter(String name, Any config) {
    return TypedExtensionConfig.newBuilder()
        .setName(FORMATTER + name)
        .setTypedConfig(config)
        .build();
  }

  private static Value value(JsonFormat json) {
    Value.Builder b = Value.newBuilder();
    switch (json) {
      case JsonFormat.Text t -> b.setStringValue(t.format().text());
      case JsonFormat.Num n -> b.setNumberValue(n.value());
      case JsonFormat.Flag f -> b.setBoolValue(f.value());
      case JsonFormat.Nothing n -> b.setNullValue(NullValue.NULL_VALUE);
      case JsonFormat.Fields f -> {
        Struct.Builder s = Struct.newBuilder();
        f.fields().forEach((name, v) -> s.putFields(name, value(v)));
        b.setStructValue(s);
      }
      case JsonFormat.Items i -> {
        ListValue.Builder l = ListValue.newBuilder();
        i.items().forEach(v -> l.addValues(value(v)));
        b.setListValue(l);
      }
    }
    return b.build();
  }

  private static AccessLogFilter filter(LogFilter filter) {
    AccessLogFilter.Builder b = AccessLogFilter.newBuilder();
    switch (filter) {
      case LogFilter.ResponseFlags r ->
          b.setResponseFlagFilter(
              ResponseFlagFilter.newBuilder().addAllFlags(r.flags().stream().sorted().toList()));
    }
    return b.build();
  }

  /** From the wire. */
  static List<AccessLog> decode(List<io.envoyproxy.envoy.config.accesslog.v3.AccessLog> logs) {
    List<AccessLog> out = new ArrayList<>();
    for (var log : logs) {
      out.add(
          new AccessLog(
              sink(log),
              log.hasFilter() && !log.getFilter().equals(AccessLogFilter.getDefaultInstance())
                  ? Optional.of(filter(log.getName(), log.getFilter()))
                  : Optional.empty()));
    }
    return out;
  }

  @SuppressWarnings("deprecation")
  private static Sink sink(io.envoyproxy.envoy.config.accesslog.v3.AccessLog log) {
    String type = Common.typeName(log.getTypedConfig());
    String kind = type.substring(type.lastIndexOf('.') + 1);
    switch (kind) {
      case "FileAccessLog" -> {
        FileAccessLog f = Common.unpack(log.getTypedConfig(), FileAccessLog.class);
        return new Sink.File(
            f.getPath(),
            switch (f.getAccessLogFormatCase()) {
              case FORMAT -> text(f.getFormat(), false);
              case JSON_FORMAT, TYPED_JSON_FORMAT ->
                  new Format.Json(
                      fields(f.hasJsonFormat() ? f.getJsonFormat() : f.getTypedJsonFormat(), 0),
                      false);
              case LOG_FORMAT -> format(f.getLogFormat());
              case ACCESSLOGFORMAT_NOT_SET -> text("", false);
            });
      }
      case "StdoutAccessLog" -> {
        return new Sink.File(
            "/dev/stdout",
            format(Common.unpack(log.getTypedConfig(), StdoutAccessLog.class).getLogFormat()));
      }
      case "StderrAccessLog" -> {
        return new Sink.File(
            "/dev/stderr",
            format(Common.unpack(log.getTypedConfig(), StderrAccessLog.class).getLogFormat()));
      }
      default ->
          throw new InvalidModelException(
              "access log " + log.getName() + " (" + type + ") is not supported");
    }
  }

  @SuppressWarnings("deprecation")
  static Format format(SubstitutionFormatString format) {
    for (TypedExtensionConfig each : format.getFormattersList()) {
      String type = Common.typeName(each.getTypedConfig());
      if (!type.startsWith("envoy.extensions.formatter.req_without_query.")
          && !type.startsWith("envoy.extensions.formatter.metadata.")) {
        throw new InvalidModelException(
            "the formatter "
                + each.getName()
                + " ("
                + type
                + ") of an access log is not supported");
      }
    }
    if (format.hasJsonFormat()) {
      return new Format.Json(fields(format.getJsonFormat(), 0), format.getOmitEmptyValues());
    }
    if (format.hasTextFormatSource()) {
      DataSource source = format.getTextFormatSource();
      if (source.hasInlineBytes()) {
        return text(source.getInlineBytes().toStringUtf8(), format.getOmitEmptyValues());
      }
      if (!source.hasInlineString()) {
        throw new InvalidModelException(
            "the format of an access log must be given inline, not by "
                + source.getSpecifierCase());
      }
      return text(source.getInlineString(), format.getOmitEmptyValues());
    }
    return text(format.getTextFormat(), format.getOmitEmptyValues());
  }

  private static Format text(String text, boolean omitEmpty) {
    return new Format.Text(FormatString.parse(text), omitEmpty);
  }

  static JsonFormat.Fields fields(Struct struct, int depth) {
    if (depth > MAX_DEPTH) {
      throw new InvalidModelException(
          "the JSON format of an access log is nested deeper than " + MAX_DEPTH);
    }
    Map<String, JsonFormat> out = new TreeMap<>();
    struct.getFieldsMap().forEach((name, v) -> out.put(name, json(v, depth)));
    return new JsonFormat.Fields(out);
  }

  private static JsonFormat json(Value value, int depth) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> new JsonFormat.Text(FormatString.parse(value.getStringValue()));
      case NUMBER_VALUE -> new JsonFormat.Num(value.getNumberValue());
      case BOOL_VALUE -> new JsonFormat.Flag(value.getBoolValue());
      case STRUCT_VALUE -> fields(value.getStructValue(), depth + 1);
      case LIST_VALUE -> {
        if (depth > MAX_DEPTH) {
          throw new InvalidModelException(
              "the JSON format of an access log is nested deeper than " + MAX_DEPTH);
        }
        yield new JsonFormat.Items(
            value.getListValue().getValuesList().stream().map(v -> json(v, depth + 1)).toList());
      }
      case NULL_VALUE, KIND_NOT_SET -> new JsonFormat.Nothing();
    };
  }

  private static LogFilter filter(String log, AccessLogFilter f) {
    return switch (f.getFilterSpecifierCase()) {
      case RESPONSE_FLAG_FILTER ->
          new LogFilter.ResponseFlags(Set.copyOf(f.getResponseFlagFilter().getFlagsList()));
      default ->
          throw new InvalidModelException(
              "the filter "
                  + f.getFilterSpecifierCase()
                  + " of access log "
                  + log
                  + " is not supported");
    };
  }
}
