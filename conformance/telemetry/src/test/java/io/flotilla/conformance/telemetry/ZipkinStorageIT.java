// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import zipkin2.storage.StorageComponent;

/**
 * The contract kit that Zipkin publishes for its storages, through our Zipkin API; over blocks, or
 * in memory with {@code -Dflotilla.zipkin.store=memory}.
 */
class ZipkinStorageIT {
  private static TelemetryProcess telemetry;
  private static int tenants;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    telemetry =
        TelemetryProcess.start(
            folder,
            Map.of(
                "flotilla.telemetry.tenants.enabled",
                "true",
                "flotilla.telemetry.tenants.max",
                "1000",
                "flotilla.telemetry.store.kind",
                System.getProperty("flotilla.zipkin.store", "blocks"),
                "flotilla.telemetry.store.blocks.dir",
                folder.resolve("traces").toString()));
  }

  @AfterAll
  static void stop() throws Exception {
    telemetry.close();
  }

  private static StorageComponent.Builder emptyStorage() {
    return new HttpStorage.Builder(telemetry.url("zipkin", ""), "test-" + ++tenants);
  }

  @Nested
  class SpanStore extends zipkin2.storage.ITSpanStore<HttpStorage> {
    @Override
    protected StorageComponent.Builder newStorageBuilder(TestInfo test) {
      return emptyStorage();
    }

    @Override
    protected boolean initializeStoragePerTest() {
      return true;
    }

    @Override
    protected void clear() {}

    @Override
    @Test
    @Disabled("a span is kept once: what is reported of it later is not joined")
    protected void spanWithProblematicData(TestInfo test) {}

    @Override
    @Test
    @Disabled("a span is kept once: what is reported of it later is not joined")
    protected void getTraces_lateDuration(TestInfo test) {}

    @Override
    @Test
    @Disabled("a span is kept once: what is reported of it later is not joined")
    protected void getTraces_absentWhenNoTimestamp(TestInfo test) {}
  }

  @Nested
  class Traces extends zipkin2.storage.ITTraces<HttpStorage> {
    @Override
    protected StorageComponent.Builder newStorageBuilder(TestInfo test) {
      return emptyStorage();
    }

    @Override
    protected boolean initializeStoragePerTest() {
      return true;
    }

    @Override
    protected void clear() {}
  }

  @Nested
  class Names extends zipkin2.storage.ITServiceAndSpanNames<HttpStorage> {
    @Override
    protected StorageComponent.Builder newStorageBuilder(TestInfo test) {
      return emptyStorage();
    }

    @Override
    protected boolean initializeStoragePerTest() {
      return true;
    }

    @Override
    protected void clear() {}
  }

  @Nested
  class Dependencies extends zipkin2.storage.ITDependencies<HttpStorage> {
    @Override
    protected StorageComponent.Builder newStorageBuilder(TestInfo test) {
      return emptyStorage();
    }

    @Override
    protected boolean initializeStoragePerTest() {
      return true;
    }

    @Override
    protected void clear() {}

    @Override
    @Test
    @Disabled("trace ids of 64 and 128 bits are not mixed")
    protected void getDependencies_linksMixedTraceId(TestInfo test) {}
  }
}
