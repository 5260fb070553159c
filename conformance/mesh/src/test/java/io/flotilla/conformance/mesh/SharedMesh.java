// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One mesh for all test classes that leave it as they found it, started for the first and stopped
 * after the last.
 */
public final class SharedMesh implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(SharedMesh.class);

  private record Held(RunningMesh mesh) implements AutoCloseable {
    @Override
    public void close() throws Exception {
      mesh.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == RunningMesh.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(Held.class, key -> start(), Held.class)
        .mesh();
  }

  private static Held start() {
    try {
      return new Held(RunningMesh.start());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
