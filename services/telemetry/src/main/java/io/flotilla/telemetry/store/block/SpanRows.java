// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import io.flotilla.telemetry.api.Span;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Spans one after the other with a dictionary before them: the payload of the log's records. */
final class SpanRows {
  private static final Span.Kind[] KINDS = Span.Kind.values();
  private static final Span.Status[] STATUSES = Span.Status.values();

  private SpanRows() {}

  static byte[] write(Collection<Span> spans) {
    Strings strings = new Strings();
    Output rows = new Output(256 * spans.size());
    Map<Map<String, Object>, Integer> resources = new LinkedHashMap<>();
    Output resourceRows = new Output(256);
    for (Span span : spans) {
      Integer resource = resources.get(span.resource());
      if (resource == null) {
        resource = resources.size();
        resources.put(span.resource(), resource);
        strings.attributes(span.resource(), resourceRows);
      }
      rows.u64(span.traceIdHigh());
      rows.u64(span.traceIdLow());
      rows.u64(span.spanId());
      rows.u64(span.parentSpanId());
      rows.varint(strings.number(span.name()));
      rows.u8(span.kind().ordinal() << 2 | span.status().ordinal());
      rows.u64(span.startEpochNanos());
      rows.varint(span.endEpochNanos() - span.startEpochNanos());
      strings.attributes(span.attributes(), rows);
      rest(span, strings, rows);
      rows.varint(resource);
      rows.varint(strings.number(span.scope()));
    }
    Output out = new Output(rows.size() + resourceRows.size() + 4096);
    out.varint(strings.size());
    out.raw(strings.table());
    out.varint(resources.size());
    out.raw(resourceRows.array());
    out.varint(spans.size());
    out.raw(rows.array());
    return out.array();
  }

  static List<Span> read(byte[] bytes) {
    Input in = new Input(bytes);
    String[] strings = Strings.read(in, in.count());
    List<Map<String, Object>> resources = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      resources.add(Map.copyOf(Strings.attributes(in, strings)));
    }
    int size = in.count();
    List<Span> spans = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      long high = in.u64();
      long low = in.u64();
      long id = in.u64();
      long parent = in.u64();
      String name = strings[in.index(strings.length)];
      int kindAndStatus = in.u8();
      long start = in.u64();
      long duration = in.varint();
      Map<String, Object> attributes = Strings.attributes(in, strings);
      Rest rest = rest(in, strings, start);
      spans.add(
          new Span(
              high,
              low,
              id,
              parent,
              name,
              kind(kindAndStatus),
              start,
              start + duration,
              attributes,
              rest.events,
              rest.links,
              status(kindAndStatus),
              rest.statusMessage,
              rest.traceState,
              resources.get(in.index(resources.size())),
              strings[in.index(strings.length)]));
    }
    return spans;
  }

  static Span.Kind kind(int kindAndStatus) {
    int kind = kindAndStatus >> 2;
    return kind < KINDS.length ? KINDS[kind] : Span.Kind.UNSPECIFIED;
  }

  static Span.Status status(int kindAndStatus) {
    int status = kindAndStatus & 3;
    return status < STATUSES.length ? STATUSES[status] : Span.Status.UNSET;
  }

  /** What few spans have. */
  record Rest(
      List<Span.Event> events, List<Span.Link> links, String statusMessage, String traceState) {
    static final Rest NONE = new Rest(List.of(), List.of(), "", "");

    static boolean has(Span span) {
      return !span.events().isEmpty()
          || !span.links().isEmpty()
          || !span.statusMessage().isEmpty()
          || !span.traceState().isEmpty();
    }
  }

  static void rest(Span span, Strings strings, Output out) {
    if (!Rest.has(span)) {
      out.u8(0);
      return;
    }
    out.u8(1);
    out.varint(strings.number(span.statusMessage()));
    out.varint(strings.number(span.traceState()));
    out.varint(span.events().size());
    for (Span.Event event : span.events()) {
      out.zigzag(event.epochNanos() - span.startEpochNanos());
      out.varint(strings.number(event.name()));
      strings.attributes(event.attributes(), out);
    }
    out.varint(span.links().size());
    for (Span.Link link : span.links()) {
      out.u64(link.traceIdHigh());
      out.u64(link.traceIdLow());
      out.u64(link.spanId());
      strings.attributes(link.attributes(), out);
    }
  }

  /** Events are relative to the span's start. */
  static Rest rest(Input in, String[] strings, long start) {
    if (in.u8() == 0) {
      return Rest.NONE;
    }
    String message = strings[in.index(strings.length)];
    String state = strings[in.index(strings.length)];
    List<Span.Event> events = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      long nanos = start + in.zigzag();
      String name = strings[in.index(strings.length)];
      events.add(new Span.Event(nanos, name, Strings.attributes(in, strings)));
    }
    List<Span.Link> links = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      links.add(new Span.Link(in.u64(), in.u64(), in.u64(), Strings.attributes(in, strings)));
    }
    return new Rest(events, links, message, state);
  }
}
