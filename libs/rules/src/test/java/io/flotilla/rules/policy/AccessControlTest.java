// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.address.CidrRange;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessCondition.Any;
import io.flotilla.model.policy.AccessCondition.Authenticated;
import io.flotilla.model.policy.AccessCondition.Not;
import io.flotilla.model.policy.AccessCondition.Or;
import io.flotilla.model.policy.AccessCondition.UrlPath;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.AccessRules.Action;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AccessControlTest {
  private static AccessPolicy what(AccessCondition permission) {
    return new AccessPolicy(List.of(permission), List.of(new Any()));
  }

  private static AccessPolicy who(AccessCondition principal) {
    return new AccessPolicy(List.of(new Any()), List.of(principal));
  }

  private static AccessControl rules(Action action, Map<String, AccessPolicy> policies) {
    return new AccessControl(new AccessRules(action, policies));
  }

  private static boolean holds(AccessPolicy policy, AccessView view) {
    return rules(Action.ALLOW, Map.of("p", policy)).decide(view).allowed();
  }

  private static AccessCondition path(String exact) {
    return new UrlPath(StringMatch.exact(exact));
  }

  private static AccessCondition caller(String exact) {
    return new Authenticated(Optional.of(StringMatch.exact(exact)));
  }

  @Test
  void deniesWhatNoAllowingPolicyNamesAndSaysSo() {
    AccessControl control = rules(Action.ALLOW, Map.of("a", what(path("/a"))));

    assertThat(control.decide(TestAccess.get("/a"))).isEqualTo(new AccessDecision(true, "a"));
    assertThat(control.decide(TestAccess.get("/b"))).isEqualTo(new AccessDecision(false, ""));
    assertThat(control.decide(TestAccess.get("/b")).details())
        .isEqualTo("rbac_access_denied_matched_policy[none]");
  }

  @Test
  void namesTheFirstPolicyThatDenies() {
    AccessControl control =
        rules(
            Action.DENY,
            Map.of("ns[b] 2", what(new Any()), "ns[a] 1", what(path("/a")), "z", what(path("/a"))));

    assertThat(control.decide(TestAccess.get("/a?q=1")).details())
        .isEqualTo("rbac_access_denied_matched_policy[ns[a]_1]");
    assertThat(control.decide(TestAccess.get("/c")).policy()).isEqualTo("ns[b] 2");
  }

  @Test
  void allowsEverythingWhereItOnlyLogsOrNothingIsToBeDenied() {
    assertThat(rules(Action.LOG, Map.of("l", what(path("/a")))).decide(TestAccess.get("/b")))
        .isEqualTo(new AccessDecision(true, ""));
    assertThat(rules(Action.LOG, Map.of("l", what(path("/a")))).decide(TestAccess.get("/a")))
        .isEqualTo(new AccessDecision(true, "l"));
    assertThat(rules(Action.DENY, Map.of()).decide(TestAccess.get("/")).allowed()).isTrue();
    assertThat(rules(Action.ALLOW, Map.of()).decide(TestAccess.get("/")).allowed()).isFalse();
  }

  @Test
  void findsEachPolicyHoweverManyThereAre() {
    Map<String, AccessPolicy> many = new LinkedHashMap<>();
    for (int i = 0; i < 500; i++) {
      many.put("path" + i, what(new Or(List.of(path("/p" + i), path("/q" + i)))));
      many.put("caller" + i, who(caller("spiffe://x/" + i)));
    }
    AccessControl control = rules(Action.ALLOW, many);

    for (int i = 0; i < 500; i++) {
      assertThat(control.decide(TestAccess.get("/q" + i)).policy()).isEqualTo("path" + i);
      assertThat(control.decide(TestAccess.get("/").by("other", "spiffe://x/" + i)).policy())
          .isEqualTo("caller" + i);
    }
    // In the order of names, whichever way they are found.
    assertThat(control.decide(TestAccess.get("/p7").by("spiffe://x/9")).policy())
        .isEqualTo("caller9");
    assertThat(control.decide(TestAccess.get("/p500").by("spiffe://x/500")).allowed()).isFalse();
  }

  @Test
  void joinsConditions() {
    AccessCondition a = path("/a");
    AccessCondition ten = new AccessCondition.DirectRemoteIp(new CidrRange("10.0.0.0", 8));

    assertThat(holds(what(new AccessCondition.And(List.of(a, ten))), TestAccess.get("/a")))
        .isTrue();
    assertThat(holds(what(new AccessCondition.And(List.of(a, new Not(ten)))), TestAccess.get("/a")))
        .isFalse();
    assertThat(holds(what(new Not(new Or(List.of(a, path("/b"))))), TestAccess.get("/b")))
        .isFalse();
    assertThat(holds(what(new Not(new Or(List.of(a, path("/b"))))), TestAccess.get("/c"))).isTrue();
  }

  @Test
  void matchesAddressesBitByBit() {
    AccessPolicy range = who(new AccessCondition.RemoteIp(new CidrRange("192.168.4.0", 22)));
    AccessPolicy six = who(new AccessCondition.RemoteIp(new CidrRange("2001:db8::", 33)));

    assertThat(holds(range, TestAccess.get("/").from("192.168.7.255"))).isTrue();
    assertThat(holds(range, TestAccess.get("/").from("192.168.8.0"))).isFalse();
    assertThat(holds(range, TestAccess.get("/").from("2001:db8::1"))).isFalse();
    assertThat(holds(six, TestAccess.get("/").from("2001:db8:7fff::1"))).isTrue();
    assertThat(holds(six, TestAccess.get("/").from("2001:db8:8000::1"))).isFalse();
  }

  @Test
  void seesNoHeadersOnAConnectionWithoutRequests() {
    AccessCondition get =
        new AccessCondition.Header(HeaderMatch.of(":method", StringMatch.exact("GET")));

    assertThat(holds(what(get), TestAccess.connection())).isFalse();
    assertThat(holds(what(new Not(get)), TestAccess.connection())).isTrue();
    assertThat(holds(what(path("/a")), TestAccess.connection())).isFalse();
    assertThat(holds(what(new AccessCondition.PathTemplate("/**")), TestAccess.connection()))
        .isFalse();
  }

  @Test
  void looksAtEachValueOfAHeaderByItself() {
    HeaderMatch bad = HeaderMatch.of("x-user", StringMatch.exact("bad"));
    AccessPolicy is = what(new AccessCondition.Header(bad));
    AccessPolicy isNot =
        what(new AccessCondition.Header(new HeaderMatch("x-user", bad.value(), true, false)));

    assertThat(holds(is, TestAccess.get("/").with("x-user", "good|bad"))).isTrue();
    assertThat(holds(is, TestAccess.get("/").with("x-user", "good,bad"))).isFalse();
    assertThat(holds(isNot, TestAccess.get("/").with("x-user", "good|bad"))).isFalse();
    assertThat(holds(isNot, TestAccess.get("/").with("x-user", "good"))).isTrue();
    assertThat(holds(isNot, TestAccess.get("/"))).isTrue();
  }

  @Test
  void matchesPathTemplates() {
    AccessPolicy template = what(new AccessCondition.PathTemplate("/*/tmpl/**"));

    assertThat(holds(template, TestAccess.get("/a/tmpl/b/c?q"))).isTrue();
    assertThat(holds(template, TestAccess.get("/a/tmpl/"))).isTrue();
    assertThat(holds(template, TestAccess.get("/a/tmpl"))).isFalse();
    assertThat(holds(template, TestAccess.get("/a/b/tmpl/c"))).isFalse();
    assertThat(holds(template, TestAccess.get("//tmpl/c"))).isFalse();
  }

  @Test
  void readsClaims() {
    ValueMatch admin = new ValueMatch.Text(StringMatch.exact("admin"));
    AccessPolicy group = claim(new ValueMatch.Any(List.of(new ValueMatch.OneOf(admin), admin)));

    assertThat(holds(group, TestAccess.get("/").claiming(Map.of("group", "admin")))).isTrue();
    assertThat(
            holds(group, TestAccess.get("/").claiming(Map.of("group", List.of("user", "admin")))))
        .isTrue();
    assertThat(holds(group, TestAccess.get("/").claiming(Map.of("group", List.of("x"))))).isFalse();
    assertThat(holds(group, TestAccess.get("/").claiming(Map.of()))).isFalse();
    assertThat(holds(group, TestAccess.get("/"))).isFalse();
  }

  private static AccessPolicy claim(ValueMatch value) {
    return who(
        new AccessCondition.Metadata(
            new MetadataMatch("jwt", List.of("payload", "group"), value, false)));
  }

  @Test
  void needsACertificateToCallSomebodyAuthenticated() {
    AccessPolicy any = who(new Authenticated(Optional.empty()));
    AccessPolicy regex =
        who(new Authenticated(Optional.of(new StringMatch.Regex("spiffe://.*/sa/a"))));

    assertThat(holds(any, TestAccess.get("/"))).isFalse();
    assertThat(holds(any, TestAccess.get("/").by("spiffe://x"))).isTrue();
    assertThat(holds(regex, TestAccess.get("/").by("spiffe://x/ns/b/sa/a"))).isTrue();
    assertThat(holds(regex, TestAccess.get("/").by("spiffe://x/ns/b/sa/ab"))).isFalse();
  }

  @Test
  void refusesWhatCannotBeCompiledByThePolicysName() {
    List<AccessCondition> bad = new ArrayList<>();
    bad.add(new UrlPath(new StringMatch.Regex("(")));
    bad.add(new AccessCondition.DestinationIp(new CidrRange("not.an.address", 8)));
    bad.add(new AccessCondition.PathTemplate("/a*b"));

    for (AccessCondition each : bad) {
      assertThatThrownBy(() -> rules(Action.ALLOW, Map.of("ns[a]-policy[b]", what(each))))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("ns[a]-policy[b]");
    }
  }
}
