// SPDX-License-Identifier: Apache-2.0
package io.flotilla.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
class BoundedRegexTest {
  private static final List<String> PIECES =
      List.of(
          "a",
          ".",
          "[a-z]",
          "[]x]",
          "[^]]",
          "[[:alpha:]{9}]",
          "\\d",
          "\\pL",
          "\\p{Greek}",
          "\\x{41}",
          "\\x41",
          "\\Q.{3}\\E",
          "\\Q\\E",
          "(?i)",
          "(?:b|)",
          "(c|d|)",
          "()",
          "(?:)",
          "\\b",
          "^",
          "$",
          "{",
          "{,2}",
          "\\{");
  private static final List<String> REPEATS =
      List.of("", "", "*", "+", "?", "{0}", "{1}", "{3}", "{0,4}", "{2,}", "{2,5}", "{0,1}?");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^(.*?;)?(user=jason)(;.*)?$",
        "https://[^/]*\\.example\\.com(:[0-9]{1,5})?",
        "/api/v1/products/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.*",
        "(?i)chrome|firefox|.*(Mobi|Android).*",
        "(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})",
        "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*",
        "(?i)[äöüß]+|中文[一-龥]",
        "istio_.*|up|[^a]{1,1000}"
      })
  void takesWhatPeopleWrite(String regex) {
    assertThatCode(() -> BoundedRegex.compile(regex)).doesNotThrowAnyException();
  }

  @Test
  void takesAnAlternativeOfHundredsOfNames() {
    String names = "reviews-v1-[0-9]+|".repeat(200) + "ratings";
    assertThat(BoundedRegex.compile(names).matches("reviews-v1-17")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "((((a{1000}){1000}){1000}){1000})",
        "((((a{1000}){1000}){100}))",
        "((a{999}b?){999}c*){999}",
        "(?:[x\\]]{1000}\\Qy\\E{1000}){1000}",
        "((((((((((((((((a?){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2})",
        "(a{1000})(?i){1000}",
        "(a{1000})\\Q\\E{1000}",
        "(){1000}",
        "(a{0}){1000}{1000}",
        "a{99999999999999999999}"
      })
  void refusesWhatBecomesTooLarge(String regex) {
    assertThatThrownBy(() -> BoundedRegex.compile(regex))
        .isInstanceOf(InvalidRegexException.class)
        .hasMessage(
            "the regular expression '%s' becomes a program of more than 10000 steps: lower the counts of its {n,m} repeats",
            regex.length() > 80 ? regex.substring(0, 80) + "..." : regex);
  }

  @Test
  void refusesWhatIsTooLongOrTooDeep() {
    assertThatThrownBy(() -> BoundedRegex.compile("a".repeat(4_097)))
        .hasMessageEndingWith("has 4097 characters, but may have 4096: shorten it");
    assertThatThrownBy(() -> BoundedRegex.compile("(".repeat(2_000) + ")".repeat(2_000)))
        .hasMessageEndingWith("nests more than 100 groups: use fewer parentheses");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?=x)\\1",
        "(",
        ")",
        "a)b",
        "[",
        "[a",
        "\\",
        "*",
        "a**",
        "\\Q\\E*",
        "\\p{Nope}",
        "\\x{zz}",
        "(?",
        "(?P<n",
        "x{2,1}",
        "[b-a]"
      })
  void saysWhatIsNoExpression(String regex) {
    assertThatThrownBy(() -> BoundedRegex.compile(regex))
        .isInstanceOf(InvalidRegexException.class)
        .hasMessageStartingWith("the regular expression '" + regex + "' is not RE2's (")
        .hasMessageEndingWith(
            "correct it, and note that RE2 has no lookaround and no backreferences");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?i)[--\uffff]",
        "(?i)[+--\\x{1d00}]",
        "(?i)[\\x41-\uffff]",
        "(?i)\u1c80",
        "(?i)x\\x{1c88}",
        "(?s-mi:[A-\uffff])",
        "(?i)[\\x{42}-\\x{1e942}]",
        "(?i)\\Q\u1c81\\E",
        "(?i)[^[:alpha:]\\n-\\x{10ffff}]"
      })
  void refusesTheCasesFromWhichRe2jNeverReturns(String regex) {
    assertThatThrownBy(() -> BoundedRegex.compile(regex)).hasMessageContaining("RE2/J never ends");
    assertThatThrownBy(() -> BoundedRegex.compile("\u1c80", Pattern.CASE_INSENSITIVE))
        .hasMessageContaining("RE2/J never ends");
  }

  @Test
  void foldsEveryOtherCharacterOfThisJava() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c += 1) {
      if ((c < 0x1c80 || c > 0x1c88)
          && Character.isLetter(c)
          && Character.toLowerCase(c) != Character.toUpperCase(c)) {
        BoundedRegex.compile("(?i)\\x{" + Integer.toHexString(c) + "}");
      }
    }
    assertThat(BoundedRegex.compile("(?i)\u0432").matches("\u1c80")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "(?:a?){700}",
    "\\b{1500}",
    "(|a|b){300}",
    "((a*)*){250}",
    "'a{0,1000}b{0,1000}'",
    "'(a{0,1}){400}'"
  })
  void neverOverflowsTheStackOfAThread(String regex) throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                BoundedRegex.compile(regex).matches("aaab");
              } catch (InvalidRegexException refused) {
                // As good: nothing was compiled.
              }
            },
            "small",
            1 << 20);
    thread.setUncaughtExceptionHandler((t, e) -> thrown.add(e));
    thread.start();
    thread.join();
    assertThat(thrown).isEmpty();
  }

  @Test
  void neverEstimatesLessThanWhatIsCompiled() throws ReflectiveOperationException {
    Random random = new Random(7);
    int compiled = 0;
    for (int i = 0; i < 20_000; i++) {
      String regex = expression(random, 3);
      try {
        Pattern pattern = BoundedRegex.compile(regex);
        compiled++;
        assertThat(ProgramSize.of(regex, false).steps())
            .as(regex)
            .isGreaterThanOrEqualTo(instructions(pattern));
      } catch (InvalidRegexException refused) {
        assertThat(refused).as(regex).hasMessageStartingWith("the regular expression '");
      }
    }
    assertThat(compiled).isGreaterThan(5_000);
  }

  private static String expression(Random random, int depth) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      text.append(
          depth > 0 && random.nextInt(3) == 0
              ? "(" + expression(random, depth - 1) + ")"
              : PIECES.get(random.nextInt(PIECES.size())));
      text.append(REPEATS.get(random.nextInt(REPEATS.size())));
    }
    return text.toString();
  }

  /** RE2/J tells it to its own tests only. */
  private static int instructions(Pattern pattern) throws ReflectiveOperationException {
    Object re2 = field(pattern, "re2");
    Object program = field(re2, "prog");
    var count = program.getClass().getDeclaredMethod("numInst");
    count.setAccessible(true);
    return (int) count.invoke(program);
  }

  private static Object field(Object of, String name) throws ReflectiveOperationException {
    var field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(of);
  }
}
