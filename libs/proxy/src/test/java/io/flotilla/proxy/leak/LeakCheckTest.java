// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.leak;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeakCheckTest {
  @Test
  void tellsOfABufferThatNobodyReleased() {
    PooledByteBufAllocator.DEFAULT.buffer(1);

    // A collection may take more than one turn to find it.
    List<String> leaks = new ArrayList<>();
    for (int i = 0; i < 10 && leaks.isEmpty(); i++) {
      leaks.addAll(LeakCheck.collect());
    }

    assertThat(leaks).hasSize(1);
    assertThat(leaks.getFirst()).contains("ByteBuf", "tellsOfABufferThatNobodyReleased");
  }
}
