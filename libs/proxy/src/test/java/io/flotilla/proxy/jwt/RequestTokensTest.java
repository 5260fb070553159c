// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RequestTokensTest {
  @Test
  void findsAndRemovesParametersWhoseNamesAreEncoded() {
    assertThat(RequestTokens.parameter("/a?x=1&%74oken=a%2Eb", "token")).isEqualTo("a.b");
    assertThat(RequestTokens.parameter("/a?%zz=1&token=c", "token")).isEqualTo("c");
    assertThat(RequestTokens.parameter("/a?tokens=c", "token")).isNull();
    assertThat(RequestTokens.without("/a?x=1&%74oken=a&token=b&y", "token")).isEqualTo("/a?x=1&y");
  }
}
