// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.CallCounts;
import io.flotilla.telemetry.store.CallLinks;
import io.flotilla.telemetry.store.Dependency;
import io.flotilla.telemetry.store.MemoryTraceStore;
import io.flotilla.telemetry.store.Operation;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import io.flotilla.telemetry.store.TraceStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Traces in a folder: a write-ahead log and a head in memory, blocks behind them. A batch is
 * acknowledged once it is in the log. A full head becomes a block of level 0 on a thread of its
 * own; on another one, four blocks of one level become one of the next. Searches ask the head, the
 * head that is being written, and the blocks.
 *
 * <p>The order on disk makes a crash harmless: a block gets its name when it is whole, then the
 * log's segments in it go; blocks that were merged go when what replaces them has its name. What a
 * crash leaves over (unfinished files, segments in a block, replaced blocks) goes at the next
 * start.
 */
public final class BlockTraceStore implements TraceStore, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(BlockTraceStore.class);
  private static final int HEADS_REMEMBERED = 2;
  private static final int MERGED_AT_ONCE = 4;
  private static final int HIGHEST_LEVEL = 4;
  private static final long RETRY_SECONDS = 5;
  private static final long PATIENCE_SECONDS = 30;

  private final Path folder;
  private final BlockStoreBounds bounds;
  private final WriteAheadLog log;
  private final ReentrantLock writing = new ReentrantLock();
  private final Condition changed = writing.newCondition();

  /** Held for reading while blocks are read, for writing while one is taken away. */
  private final ReentrantReadWriteLock files = new ReentrantReadWriteLock();

  private final AtomicLong evicted = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final List<CallLinks> links = new ArrayList<>();
  private final Thread flusher;
  private final Thread compactor;
  private Head head;
  private volatile Parts parts;
  private final AtomicLong lastBlock = new AtomicLong();
  private volatile boolean closed;

  /** Spans that are in the log's segments up to {@code through}, once it is cut. */
  private static final class Head {
    final MemoryTraceStore store;
    final long began = System.nanoTime();
    long through;

    Head(BlockStoreBounds bounds, List<CallLinks> before) {
      this.store =
          new MemoryTraceStore(
              Integer.MAX_VALUE, Long.MAX_VALUE / 4, bounds.maxSpansOfTrace(), before);
    }

    boolean isEmpty() {
      return store.usage().spans() == 0;
    }
  }

  /**
   * What a query looks into.
   *
   * @param flushing the head that is becoming a block; null: none is
   */
  private record Parts(MemoryTraceStore head, @Nullable Head flushing, List<Block> blocks) {
    Parts {
      blocks = List.copyOf(blocks);
    }

    List<MemoryTraceStore> inMemory() {
      return flushing == null ? List.of(head) : List.of(head, flushing.store);
    }
  }

  /**
   * Opens the folder, and brings back what was acknowledged before.
   *
   * @throws UncheckedIOException if the folder cannot be read or written
   */
  public BlockTraceStore(Path folder, BlockStoreBounds bounds) {
    this.folder = folder;
    this.bounds = bounds;
    try {
      Files.createDirectories(folder);
      List<Block> blocks = openBlocks();
      long through = blocks.stream().mapToLong(b -> b.meta().through()).max().orElse(0);
      log = new WriteAheadLog(folder.resolve("wal"), through);
      head = new Head(bounds, List.of());
      parts = new Parts(head.store, null, blocks);
      replay(through);
      head.through = log.cut();
    } catch (IOException e) {
      throw new UncheckedIOException("the traces in " + folder + " cannot be opened", e);
    }
    // Two of them: a merge of large blocks must not keep a full head waiting.
    flusher = thread("flush", this::flush);
    compactor = thread("compact", this::compact);
  }

  private List<Block> openBlocks() throws IOException {
    List<Block> blocks = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path path : all.sorted().toList()) {
        String name = path.getFileName().toString();
        if (name.endsWith(Block.UNFINISHED)) {
          Files.delete(path);
        } else if (name.endsWith(Block.SUFFIX)) {
          lastBlock.accumulateAndGet(
              Long.parseLong(name.substring(0, name.length() - Block.SUFFIX.length())), Math::max);
          open(path, blocks);
        }
      }
    }
    Set<Long> replaced = new HashSet<>();
    blocks.forEach(block -> replaced.addAll(block.meta().replaces()));
    for (Block block : List.copyOf(blocks)) {
      if (replaced.contains(block.meta().id())) {
        blocks.remove(block);
        block.close();
        Files.delete(block.path());
      }
    }
    return blocks;
  }

  private void open(Path path, List<Block> into) throws IOException {
    try {
      into.add(Block.open(path));
    } catch (BrokenDataException e) {
      failures.incrementAndGet();
      Path aside = path.resolveSibling(path.getFileName() + ".broken");
      Files.move(path, aside, StandardCopyOption.REPLACE_EXISTING);
      LOG.errorf("%s; it is set aside as %s", e.getMessage(), aside.getFileName());
    }
  }

  private void replay(long through) throws IOException {
    for (long segment : log.segments()) {
      if (segment <= through) {
        log.delete(segment);
        continue;
      }
      log.replay(segment, record -> restore(segment, record));
      head.through = segment;
      if (full(head)) {
        Head whole = head;
        head = after(whole);
        flush(whole);
      }
    }
  }

  private void restore(long segment, byte[] record) {
    try {
      head.store.add(SpanRows.read(record));
    } catch (BrokenDataException e) {
      failures.incrementAndGet();
      LOG.errorf("a record of the log's segment %d is left out: %s", segment, e.getMessage());
    }
  }

  private boolean full(Head of) {
    Usage usage = of.store.usage();
    return usage.spans() >= bounds.cutSpans() || usage.bytes() >= bounds.cutBytes();
  }

  /**
   * {@inheritDoc}
   *
   * @throws UncheckedIOException if the disk does not take it, and then nothing of it is kept
   */
  @Override
  public int add(Collection<Span> batch) {
    byte[] record = SpanRows.write(batch);
    writing.lock();
    try {
      awaitRoom();
      log.append(record);
      int refused = head.store.add(batch);
      if (full(head) && parts.flushing() == null) {
        cut();
      }
      return refused;
    } catch (IOException e) {
      failures.incrementAndGet();
      throw new UncheckedIOException("spans cannot be written to the log in " + folder, e);
    } finally {
      writing.unlock();
    }
  }

  /** A head that is full while the one before is not a block yet takes no more. */
  private void awaitRoom() throws IOException {
    long left = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try {
      while (!closed && full(head) && parts.flushing() != null) {
        if (left <= 0) {
          throw new IOException("blocks cannot be written as fast as spans arrive");
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a block to be written", e);
    }
    if (closed) {
      throw new IOException("the store is closed");
    }
    if (full(head)) {
      cut();
    }
  }

  /** Under the lock: the head is handed to the flusher, and a new one begins. */
  private void cut() throws IOException {
    long next = log.cut();
    Head whole = head;
    whole.through = next - 1;
    head = after(whole);
    parts = new Parts(head.store, whole, parts.blocks());
    changed.signalAll();
  }

  /** The head after one, which counts the calls whose other span is in one of the last heads. */
  private Head after(Head whole) {
    links.addFirst(whole.store.links());
    if (links.size() > HEADS_REMEMBERED) {
      links.removeLast();
    }
    return new Head(bounds, links);
  }

  /** One turn of a thread of the store's own. */
  private interface Turn {
    void run() throws IOException, InterruptedException;
  }

  private Thread thread(String name, Turn turn) {
    return Thread.ofPlatform()
        .daemon()
        .name(name + "-" + folder.getFileName())
        .start(
            () -> {
              while (!closed) {
                turn(turn);
              }
            });
  }

  private void turn(Turn turn) {
    try {
      turn.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      if (closed) {
        return;
      }
      failures.incrementAndGet();
      LOG.errorf(
          "blocks in %s cannot be written (%s); trying again in %d s", folder, e, RETRY_SECONDS);
      try {
        TimeUnit.SECONDS.sleep(RETRY_SECONDS);
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void flush() throws IOException, InterruptedException {
    Head whole = awaitHead();
    if (whole != null) {
      flush(whole);
    }
  }

  private void compact() throws IOException, InterruptedException {
    while (!closed && merge()) {
      // Until no level has enough blocks any more.
    }
    retain();
    writing.lock();
    try {
      if (!closed) {
        changed.awaitNanos(TimeUnit.SECONDS.toNanos(1));
      }
    } finally {
      writing.unlock();
    }
  }

  /** The head to write; null after a second without one. */
  private @Nullable Head awaitHead() throws InterruptedException, IOException {
    writing.lock();
    try {
      if (parts.flushing() == null && !closed) {
        changed.awaitNanos(TimeUnit.SECONDS.toNanos(1));
      }
      boolean old = System.nanoTime() - head.began > bounds.cutAfter().toNanos();
      if (parts.flushing() == null && !closed && old && !head.isEmpty()) {
        cut();
      }
      return closed ? null : parts.flushing();
    } finally {
      writing.unlock();
    }
  }

  private void flush(Head whole) throws IOException {
    BlockMeta meta;
    try (BlockWriter out = new BlockWriter(folder, lastBlock.incrementAndGet())) {
      for (Trace trace : whole.store.all()) {
        out.add(trace);
      }
      meta = out.finish(0, whole.through, List.of(), whole.store.calls());
    }
    Block block = Block.open(folder.resolve(Block.name(meta.id())));
    writing.lock();
    try {
      List<Block> blocks = new ArrayList<>(parts.blocks());
      blocks.add(block);
      parts = new Parts(head.store, null, blocks);
      changed.signalAll();
    } finally {
      writing.unlock();
    }
    for (long segment : log.segments()) {
      if (segment <= whole.through) {
        log.delete(segment);
      }
    }
  }

  private boolean merge() throws IOException {
    TreeMap<Integer, List<Block>> levels = new TreeMap<>();
    for (Block block : parts.blocks()) {
      levels.computeIfAbsent(block.meta().level(), l -> new ArrayList<>()).add(block);
    }
    for (Map.Entry<Integer, List<Block>> level : levels.entrySet()) {
      if (level.getKey() < HIGHEST_LEVEL && level.getValue().size() >= MERGED_AT_ONCE) {
        List<Block> oldest =
            level.getValue().stream()
                .sorted(Comparator.comparingLong(b -> b.meta().id()))
                .limit(MERGED_AT_ONCE)
                .toList();
        BlockMeta meta = new Merge(oldest).write(folder, lastBlock.incrementAndGet());
        replace(oldest, Block.open(folder.resolve(Block.name(meta.id()))));
        return true;
      }
    }
    return false;
  }

  private void retain() throws IOException {
    Instant now = Instant.now();
    long oldest =
        TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - bounds.maxAge().toNanos();
    List<Block> gone = new ArrayList<>();
    long bytes = 0;
    List<Block> latestFirst = new ArrayList<>(parts.blocks());
    latestFirst.sort(Comparator.comparingLong((Block b) -> b.meta().maxStart()).reversed());
    for (Block block : latestFirst) {
      bytes += block.size();
      if (block.meta().maxStart() < oldest || bytes > bounds.maxBytes()) {
        gone.add(block);
        evicted.addAndGet(block.meta().traces());
      }
    }
    if (!gone.isEmpty()) {
      replace(gone, null);
    }
  }

  private void replace(List<Block> gone, @Nullable Block by) throws IOException {
    writing.lock();
    try {
      List<Block> blocks = new ArrayList<>(parts.blocks());
      blocks.removeAll(gone);
      if (by != null) {
        blocks.add(by);
      }
      parts = new Parts(head.store, parts.flushing(), blocks);
    } finally {
      writing.unlock();
    }
    files.writeLock().lock();
    try {
      for (Block block : gone) {
        block.close();
        Files.deleteIfExists(block.path());
      }
    } finally {
      files.writeLock().unlock();
    }
  }

  private <T> T reading(Reading<T> query) {
    files.readLock().lock();
    try {
      return query.of(parts);
    } catch (IOException e) {
      failures.incrementAndGet();
      throw new UncheckedIOException("blocks in " + folder + " cannot be read", e);
    } finally {
      files.readLock().unlock();
    }
  }

  private interface Reading<T> {
    T of(Parts parts) throws IOException;
  }

  @Override
  public Optional<Trace> find(TraceId id) {
    return reading(of -> find(id, of));
  }

  private static Optional<Trace> find(TraceId id, Parts parts) throws IOException {
    return find(id, parts, new Block.Groups());
  }

  private static Optional<Trace> find(TraceId id, Parts parts, Block.Groups groups)
      throws IOException {
    List<Span> spans = new ArrayList<>();
    for (MemoryTraceStore store : parts.inMemory()) {
      store.find(id).ifPresent(trace -> spans.addAll(trace.spans()));
    }
    for (Block block : parts.blocks()) {
      spans.addAll(block.find(id, groups));
    }
    return spans.isEmpty() ? Optional.empty() : Optional.of(new Trace(id, Merge.inOrder(spans)));
  }

  /** A trace that a search found somewhere. */
  private record Hit(TraceId id, long start) {}

  @Override
  public List<Trace> search(TraceQuery query) {
    return reading(of -> search(query, null, of));
  }

  @Override
  public List<Trace> search(TraceQuery query, Predicate<Trace> also) {
    return reading(of -> search(query, also, of));
  }

  private static List<Trace> search(TraceQuery query, @Nullable Predicate<Trace> also, Parts parts)
      throws IOException {
    Latest latest = new Latest(query.limit(), also, parts);
    for (MemoryTraceStore store : parts.inMemory()) {
      for (Trace trace : store.search(query, found -> latest.holds(found.id()))) {
        latest.offer(new Hit(trace.id(), trace.spans().getFirst().startEpochNanos()));
      }
    }
    List<Block> blocks = new ArrayList<>(parts.blocks());
    blocks.sort(Comparator.comparingLong((Block b) -> b.meta().latestTrace()).reversed());
    for (Block block : blocks) {
      if (block.meta().latestTrace() >= latest.notBefore()) {
        block.search(query, latest.groups, latest);
      }
    }
    List<Trace> traces = new ArrayList<>();
    for (Hit hit : latest.hits()) {
      find(hit.id, parts, latest.groups).ifPresent(traces::add);
    }
    return traces;
  }

  /** The latest traces found so far, so many at most. */
  private static final class Latest implements Block.Found {
    private static final int TRACES_REMEMBERED = 100_000;

    private final int limit;
    private final @Nullable Predicate<Trace> also;
    private final Parts parts;
    final Block.Groups groups = new Block.Groups();
    private final Map<TraceId, Boolean> asked = new HashMap<>();
    private final PriorityQueue<Hit> hits =
        new PriorityQueue<>(Comparator.comparingLong(Hit::start));
    private final Map<TraceId, Hit> byId = new HashMap<>();

    Latest(int limit, @Nullable Predicate<Trace> also, Parts parts) {
      this.limit = limit;
      this.also = also;
      this.parts = parts;
    }

    /** What more is asked, of the whole trace wherever its parts are; once each. */
    boolean holds(TraceId id) {
      if (also == null) {
        return true;
      }
      Boolean known = asked.get(id);
      if (known == null) {
        try {
          known = find(id, parts, groups).filter(also).isPresent();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        if (asked.size() < TRACES_REMEMBERED) {
          asked.put(id, known);
        }
      }
      return known;
    }

    void offer(Hit hit) {
      Hit known = byId.get(hit.id);
      if (known != null) {
        if (hit.start < known.start) {
          hits.remove(known);
          hits.add(hit);
          byId.put(hit.id, hit);
        }
        return;
      }
      hits.add(hit);
      byId.put(hit.id, hit);
      if (hits.size() > limit) {
        byId.remove(hits.poll().id);
      }
    }

    @Override
    public long notBefore() {
      return hits.size() < limit ? Long.MIN_VALUE : hits.peek().start;
    }

    @Override
    public void take(RowGroup group, int trace) throws IOException {
      long start = group.start(trace);
      if (start >= notBefore() && holds(group.trace(trace))) {
        offer(new Hit(group.trace(trace), start));
      }
    }

    List<Hit> hits() {
      List<Hit> sorted = new ArrayList<>(hits);
      sorted.sort(Comparator.comparingLong(Hit::start).reversed());
      return sorted;
    }
  }

  @Override
  public SortedSet<String> services() {
    Parts of = parts;
    SortedSet<String> services = new TreeSet<>();
    of.inMemory().forEach(store -> services.addAll(store.services()));
    of.blocks().forEach(block -> services.addAll(block.meta().operations().keySet()));
    return services;
  }

  @Override
  public SortedSet<Operation> operations(String service) {
    Parts of = parts;
    SortedSet<Operation> operations = new TreeSet<>();
    of.inMemory().forEach(store -> operations.addAll(store.operations(service)));
    of.blocks()
        .forEach(
            block -> operations.addAll(block.meta().operations().getOrDefault(service, Set.of())));
    return operations;
  }

  @Override
  public List<Dependency> dependencies(Instant end, Duration lookback) {
    Parts of = parts;
    CallCounts calls = new CallCounts();
    of.inMemory().forEach(store -> store.calls().forEach(calls::add));
    of.blocks().forEach(block -> block.meta().calls().forEach(calls::add));
    return calls.within(end, lookback);
  }

  @Override
  public Usage usage() {
    Parts of = parts;
    long traces = 0;
    long spans = 0;
    long bytes = 0;
    for (MemoryTraceStore store : of.inMemory()) {
      Usage usage = store.usage();
      traces += usage.traces();
      spans += usage.spans();
      bytes += usage.bytes();
    }
    for (Block block : of.blocks()) {
      traces += block.meta().traces();
      spans += block.meta().spans();
      bytes += block.size();
    }
    return new Usage(traces, spans, bytes, evicted.get());
  }

  /** What went wrong with files since the start. */
  public long failures() {
    return failures.get();
  }

  /** How many blocks there are, by level. */
  Map<Integer, Integer> blocks() {
    Map<Integer, Integer> levels = new TreeMap<>();
    parts.blocks().forEach(block -> levels.merge(block.meta().level(), 1, Integer::sum));
    return levels;
  }

  /** Makes a block of the head now. */
  void cutNow() throws IOException {
    writing.lock();
    try {
      if (!head.isEmpty() && parts.flushing() == null) {
        cut();
      }
    } finally {
      writing.unlock();
    }
  }

  /** Ends the log; the head is brought back from it at the next start. */
  @Override
  public void close() {
    writing.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      writing.unlock();
    }
    try {
      flusher.interrupt();
      compactor.interrupt();
      flusher.join(Duration.ofSeconds(10));
      compactor.join(Duration.ofSeconds(10));
      log.close();
      files.writeLock().lock();
      try {
        for (Block block : parts.blocks()) {
          block.close();
        }
      } finally {
        files.writeLock().unlock();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the traces in " + folder + " cannot be closed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
