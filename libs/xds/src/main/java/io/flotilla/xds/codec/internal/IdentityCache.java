// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What was made of an object, as long as that very object lives. By identity: the objects are large
 * records, whose deep hash costs as much as what is saved.
 *
 * @param <V> must not refer to the object
 */
public final class IdentityCache<V> {
  private final ConcurrentMap<Key, V> values = new ConcurrentHashMap<>();
  private final ReferenceQueue<Object> gone = new ReferenceQueue<>();

  /** What was put for this object; null when nothing was. */
  public @Nullable V get(Object object) {
    return values.get(new Key(object, null));
  }

  /** Keeps {@code value} for {@code object}. */
  public void put(Object object, V value) {
    for (Reference<?> dead = gone.poll(); dead != null; dead = gone.poll()) {
      values.remove(dead);
    }
    values.put(new Key(object, gone), value);
  }

  /** How many objects are known, those included whose end was not noticed yet. */
  public int size() {
    return values.size();
  }

  private static final class Key extends WeakReference<Object> {
    private final int hash;

    Key(Object object, @Nullable ReferenceQueue<Object> queue) {
      super(object, queue);
      this.hash = System.identityHashCode(object);
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      if (this == other) {
        return true;
      }
      Object mine = get();
      return mine != null && other instanceof Key key && key.get() == mine;
    }
  }
}
