// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.jaeger.SpanTags;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SequencedCollection;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The newest traces in memory, bounded by spans and by bytes; above either the traces that arrived
 * first leave, each as a whole. Postings by service, operation and tag name the traces to look at;
 * a search takes the shortest of them.
 */
public final class MemoryTraceStore implements TraceStore {
  /** A longer value is not indexed: such a search looks through the service's traces. */
  private static final int INDEXED_CHARACTERS = 128;

  private static final int BYTES_OF_A_POSTING = 160;
  private static final int BYTES_OF_AN_ENTRY = 240;
  private static final char SEPARATOR = '\u0000';

  private final int maxSpans;
  private final long maxBytes;
  private final int maxSpansOfTrace;

  private final List<CallLinks> before;

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final LinkedHashMap<TraceId, Entry> traces = new LinkedHashMap<>();
  private final Map<String, Posting> postings = new HashMap<>();
  private final Map<String, Map<Operation, Integer>> operations = new HashMap<>();
  private final CallCounts calls = new CallCounts();
  private long spans;
  private long bytes;
  private long evicted;

  /**
   * Bounds.
   *
   * @param maxSpans of all traces
   * @param maxBytes of all traces, as estimated, indexes included
   * @param maxSpansOfTrace of one trace; further ones are not taken
   */
  public MemoryTraceStore(int maxSpans, long maxBytes, int maxSpansOfTrace) {
    this(maxSpans, maxBytes, maxSpansOfTrace, List.of());
  }

  /**
   * The same, after others.
   *
   * @param before what is left of the spans that came before
   */
  public MemoryTraceStore(
      int maxSpans, long maxBytes, int maxSpansOfTrace, List<CallLinks> before) {
    if (maxSpans < 1 || maxBytes < 1 || maxSpansOfTrace < 1) {
      throw new IllegalArgumentException("the bounds of the trace store must be positive");
    }
    this.maxSpans = maxSpans;
    this.maxBytes = maxBytes;
    this.maxSpansOfTrace = maxSpansOfTrace;
    this.before = List.copyOf(before);
  }

  /** One trace. */
  private static final class Entry {
    final TraceId id;
    Map<Long, Span> spans = new LinkedHashMap<>();

    /** Spans whose parent has not arrived, by the parent's id. */
    Map<Long, List<Span>> orphans = Map.of();

    long earliest = Long.MAX_VALUE;
    long latest = Long.MIN_VALUE;
    long bytes = BYTES_OF_AN_ENTRY;
    boolean evicted;

    Entry(TraceId id) {
      this.id = id;
    }

    Trace trace() {
      List<Span> ordered = new ArrayList<>(spans.values());
      ordered.sort(Comparator.comparingLong(Span::startEpochNanos));
      return new Trace(id, ordered);
    }
  }

  /** The traces that have one thing, by arrival; may name one twice, or one that has left. */
  private static final class Posting {
    final List<Entry> entries = new ArrayList<>(2);
    int left;
  }

  @Override
  public int add(Collection<Span> batch) {
    lock.writeLock().lock();
    try {
      int refused = 0;
      for (Span span : batch) {
        if (!add(span)) {
          refused++;
        }
      }
      while ((spans > maxSpans || bytes > maxBytes) && traces.size() > 1) {
        evict(traces.pollFirstEntry().getValue());
      }
      return refused;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private boolean add(Span span) {
    Entry entry = traces.computeIfAbsent(TraceId.of(span), this::begin);
    if (entry.spans.containsKey(span.spanId())) {
      return true;
    }
    long size = bytesOf(span);
    if (entry.spans.size() >= maxSpansOfTrace || entry.bytes + size > maxBytes / 2) {
      if (entry.spans.isEmpty()) {
        traces.remove(entry.id);
        bytes -= BYTES_OF_AN_ENTRY;
      }
      return false;
    }
    countCalls(entry, span);
    entry.spans.put(span.spanId(), span);
    entry.earliest = Math.min(entry.earliest, span.startEpochNanos());
    entry.latest = Math.max(entry.latest, span.startEpochNanos());
    for (String key : keys(span)) {
      size += post(key, entry);
    }
    entry.bytes += size;
    bytes += size;
    spans++;
    operations
        .computeIfAbsent(span.serviceName(), s -> new HashMap<>())
        .merge(new Operation(span.name(), span.kind()), 1, Integer::sum);
    return true;
  }

  private Entry begin(TraceId id) {
    bytes += BYTES_OF_AN_ENTRY;
    return new Entry(id);
  }

  /** The bytes that the reference costs; a new posting's own are on the store's account alone. */
  private int post(String key, Entry entry) {
    Posting posting = postings.get(key);
    if (posting == null) {
      posting = new Posting();
      postings.put(key, posting);
      bytes += BYTES_OF_A_POSTING + key.length();
    }
    if (!posting.entries.isEmpty() && posting.entries.getLast() == entry) {
      return 0;
    }
    posting.entries.add(entry);
    return 8;
  }

  private void countCalls(Entry entry, Span span) {
    Span parent = entry.spans.get(span.parentSpanId());
    if (parent != null) {
      countCall(parent, span);
    } else if (span.parentSpanId() != 0 && !countEarlier(entry, span)) {
      if (entry.orphans.isEmpty()) {
        entry.orphans = new HashMap<>(4);
      }
      entry.orphans.computeIfAbsent(span.parentSpanId(), p -> new ArrayList<>(2)).add(span);
    }
    List<Span> children = entry.orphans.isEmpty() ? null : entry.orphans.remove(span.spanId());
    if (children != null) {
      children.forEach(child -> countCall(span, child));
    }
    for (CallLinks links : before) {
      for (CallLinks.Orphan orphan : links.orphans(entry.id, span.spanId())) {
        countCall(span.serviceName(), orphan.service(), orphan.startEpochNanos());
      }
    }
  }

  /** Counts the call from a parent that came before; false: there is none. */
  private boolean countEarlier(Entry entry, Span span) {
    for (CallLinks links : before) {
      String parent = links.service(entry.id, span.parentSpanId());
      if (parent != null) {
        countCall(parent, span.serviceName(), span.startEpochNanos());
        return true;
      }
    }
    return false;
  }

  /** What is left of the spans here for the stores that come after. */
  public CallLinks links() {
    lock.readLock().lock();
    try {
      CallLinks links = new CallLinks((int) spans);
      for (Entry entry : traces.values()) {
        for (Span span : entry.spans.values()) {
          links.put(entry.id, span.spanId(), span.serviceName());
        }
        entry.orphans.forEach(
            (parent, children) ->
                children.forEach(
                    child ->
                        links.putOrphan(
                            entry.id,
                            parent,
                            new CallLinks.Orphan(child.serviceName(), child.startEpochNanos()))));
      }
      return links;
    } finally {
      lock.readLock().unlock();
    }
  }

  private void countCall(Span parent, Span child) {
    countCall(parent.serviceName(), child.serviceName(), child.startEpochNanos());
  }

  private void countCall(String parent, String child, long startEpochNanos) {
    if (!parent.equals(child)) {
      calls.count(parent, child, startEpochNanos);
    }
  }

  private void evict(Entry entry) {
    entry.evicted = true;
    evicted++;
    spans -= entry.spans.size();
    bytes -= entry.bytes;
    // Postings may name it for a while; what it held must not stay with it.
    Collection<Span> held = entry.spans.values();
    entry.spans = Map.of();
    entry.orphans = Map.of();
    Set<String> touched = new HashSet<>();
    for (Span span : held) {
      touched.addAll(keys(span));
      Map<Operation, Integer> ofService = operations.get(span.serviceName());
      if (ofService != null) {
        ofService.computeIfPresent(
            new Operation(span.name(), span.kind()), (o, n) -> n == 1 ? null : n - 1);
        if (ofService.isEmpty()) {
          operations.remove(span.serviceName());
        }
      }
    }
    for (String key : touched) {
      Posting posting = postings.get(key);
      if (posting != null && 2 * ++posting.left >= posting.entries.size()) {
        posting.entries.removeIf(e -> e.evicted);
        posting.left = 0;
        if (posting.entries.isEmpty()) {
          postings.remove(key);
          bytes -= BYTES_OF_A_POSTING + key.length();
        }
      }
    }
  }

  private static Set<String> keys(Span span) {
    Set<String> keys = new HashSet<>();
    keys.add(serviceKey(span.serviceName()));
    keys.add(operationKey(span.serviceName(), span.name()));
    SpanTags.searchable(
        span,
        (key, value) -> {
          String text = JaegerJson.text(value);
          if (text.length() <= INDEXED_CHARACTERS) {
            keys.add(tagKey(key, text));
          }
        });
    return keys;
  }

  private static String serviceKey(String service) {
    return "s" + service;
  }

  private static String operationKey(String service, String operation) {
    return "o" + service + SEPARATOR + operation;
  }

  private static String tagKey(String key, String value) {
    return "t" + key + SEPARATOR + value;
  }

  /** What the span costs on the heap, roughly: object headers, maps, and two bytes a character. */
  private static long bytesOf(Span span) {
    long size = 200 + span.name().length() + span.statusMessage().length();
    size += bytesOf(span.attributes());
    for (Span.Event event : span.events()) {
      size += 64 + event.name().length() + bytesOf(event.attributes());
    }
    for (Span.Link link : span.links()) {
      size += 64 + bytesOf(link.attributes());
    }
    // The resource is shared by the spans of a request, so that it is not counted in full.
    return size + 64;
  }

  private static long bytesOf(Map<String, Object> attributes) {
    long size = 0;
    for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
      size += 64 + attribute.getKey().length();
      size +=
          switch (attribute.getValue()) {
            case String s -> 48 + s.length();
            case List<?> list -> 32 + 48L * list.size();
            default -> 24;
          };
    }
    return size;
  }

  @Override
  public Optional<Trace> find(TraceId id) {
    lock.readLock().lock();
    try {
      return Optional.ofNullable(traces.get(id)).map(Entry::trace);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public List<Trace> search(TraceQuery query, Predicate<Trace> also) {
    lock.readLock().lock();
    try {
      PriorityQueue<Entry> best =
          new PriorityQueue<>(Comparator.comparingLong((Entry e) -> e.earliest));
      Set<Entry> seen = new HashSet<>();
      // The newest first: once there are enough, older ones are passed over by their time alone.
      for (Entry entry : candidates(query).reversed()) {
        boolean inTime =
            entry.latest >= query.startEpochNanos() && entry.earliest <= query.endEpochNanos();
        boolean better = best.size() < query.limit() || entry.earliest > best.peek().earliest;
        if (entry.evicted || !inTime || !better || !seen.add(entry)) {
          continue;
        }
        if (entry.spans.values().stream().anyMatch(query::matches) && also.test(entry.trace())) {
          best.add(entry);
          if (best.size() > query.limit()) {
            best.poll();
          }
        }
      }
      List<Entry> found = new ArrayList<>(best);
      found.sort(Comparator.comparingLong((Entry e) -> e.earliest).reversed());
      return found.stream().map(Entry::trace).toList();
    } finally {
      lock.readLock().unlock();
    }
  }

  private SequencedCollection<Entry> candidates(TraceQuery query) {
    SequencedCollection<Entry> shortest = traces.sequencedValues();
    if (query.service() != null) {
      shortest = shorter(shortest, serviceKey(query.service()));
      if (query.operation() != null) {
        shortest = shorter(shortest, operationKey(query.service(), query.operation()));
      }
    }
    for (Map.Entry<String, String> tag : query.tags().entrySet()) {
      if (tag.getValue().length() <= INDEXED_CHARACTERS) {
        shortest = shorter(shortest, tagKey(tag.getKey(), tag.getValue()));
      }
    }
    return shortest;
  }

  private SequencedCollection<Entry> shorter(SequencedCollection<Entry> one, String key) {
    @Nullable Posting posting = postings.get(key);
    if (posting == null) {
      return List.of();
    }
    return posting.entries.size() < one.size() ? posting.entries : one;
  }

  /** Every trace, in the order of its first span's start. */
  public List<Trace> all() {
    lock.readLock().lock();
    try {
      return traces.values().stream()
          .sorted(Comparator.comparingLong(entry -> entry.earliest))
          .map(Entry::trace)
          .toList();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Calls between services that were counted. */
  public List<CallCounts.Count> calls() {
    lock.readLock().lock();
    try {
      return calls.counts();
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public SortedSet<String> services() {
    lock.readLock().lock();
    try {
      return new TreeSet<>(operations.keySet());
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public SortedSet<Operation> operations(String service) {
    lock.readLock().lock();
    try {
      return new TreeSet<>(operations.getOrDefault(service, Map.of()).keySet());
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public List<Dependency> dependencies(Instant end, Duration lookback) {
    lock.readLock().lock();
    try {
      return calls.within(end, lookback);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public Usage usage() {
    lock.readLock().lock();
    try {
      return new Usage(traces.size(), spans, bytes, evicted);
    } finally {
      lock.readLock().unlock();
    }
  }
}
