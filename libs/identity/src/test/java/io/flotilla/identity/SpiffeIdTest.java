// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
  @Test
  void readsIstiosForm() {
    SpiffeId id = SpiffeId.parse("spiffe://cluster.local/ns/default/sa/bookinfo-reviews");

    assertThat(id.trustDomain()).isEqualTo(TrustDomain.CLUSTER_LOCAL);
    assertThat(id.namespace()).contains("default");
    assertThat(id.serviceAccount()).contains("bookinfo-reviews");
    assertThat(id).hasToString("spiffe://cluster.local/ns/default/sa/bookinfo-reviews");
    assertThat(id).isEqualTo(SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "bookinfo-reviews"));
  }

  @Test
  void readsOtherFormsWithoutNamespace() {
    SpiffeId id = SpiffeId.parse("spiffe://example.org/db/main");

    assertThat(id.isIstioForm()).isFalse();
    assertThat(id.namespace()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "http://cluster.local/ns/a/sa/b",
        "spiffe://",
        "spiffe://cluster.local",
        "spiffe://cluster.local/",
        "spiffe:///ns/a/sa/b",
        "spiffe://cluster.local:8080/ns/a/sa/b",
        "spiffe://user@cluster.local/ns/a/sa/b",
        "spiffe://Cluster.Local/ns/a/sa/b",
        "spiffe://cluster.local/ns/a/sa/b/",
        "spiffe://cluster.local/ns//sa/b",
        "spiffe://cluster.local/ns/../sa/b",
        "spiffe://cluster.local/ns/a/sa/b?x=y",
        "spiffe://cluster.local/ns/a/sa/b#c",
        "spiffe://cluster.local/ns/a/sa/%2e",
        "spiffe://cluster.local/ns/a/sa/b\n",
      })
  void refusesWhatIsNoSpiffeId(String uri) {
    assertThatThrownBy(() -> SpiffeId.parse(uri)).isInstanceOf(InvalidIdentityException.class);
  }

  @Test
  void refusesAServiceAccountThatWouldForgeAPath() {
    assertThatThrownBy(() -> SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "a/sa/b", "c"))
        .isInstanceOf(InvalidIdentityException.class);
  }

  @Test
  void refusesAGiantId() {
    assertThatThrownBy(() -> SpiffeId.parse("spiffe://a/" + "x".repeat(5000)))
        .hasMessageContaining("longer than 2048")
        .message()
        .hasSizeLessThan(300);
  }
}
