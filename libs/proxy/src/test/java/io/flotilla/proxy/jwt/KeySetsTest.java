// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.policy.JwtProvider.Keys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeySetsTest {
  private static final Keys.Remote WHERE =
      new Keys.Remote("http://issuer/keys", "issuer", Duration.ofSeconds(1), Duration.ofMinutes(5));

  @ParameterizedTest
  @ValueSource(
      strings = {"", "[]", "1", "{}", "{\"keys\":[1]}", "{\"keys\":{}}", "{\"keys\":[[]]}"})
  void refusesWhatIsNoKeySet(String text) {
    assertThatThrownBy(() -> KeySets.parse(text)).isInstanceOf(InvalidModelException.class);
  }

  @Test
  void letsNobodyWaitForKeysThatAreNoKeySet() {
    List<Consumer<Optional<String>>> fetches = new ArrayList<>();
    KeySets sets = new KeySets((where, done) -> fetches.add(done), () -> 0);
    List<String> ran = new ArrayList<>();
    assertThat(sets.refresh(WHERE, () -> ran.add("one"))).isTrue();
    assertThat(sets.refresh(WHERE, () -> ran.add("two"))).isTrue();

    fetches.getFirst().accept(Optional.of("{\"keys\":[1]}"));

    assertThat(ran).containsExactly("one", "two");
    assertThat(fetches).hasSize(1);
  }
}
