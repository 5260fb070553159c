// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import java.util.Optional;

/** Predicates over strings, headers and query parameters. */
final class Matches {
  private Matches() {}

  static RegexMatcher regex(String regex) {
    return RegexMatcher.newBuilder().setRegex(regex).build();
  }

  static StringMatcher string(StringMatch match) {
    StringMatcher.Builder b = StringMatcher.newBuilder();
    return switch (match) {
      case StringMatch.Exact m -> b.setExact(m.value()).setIgnoreCase(m.ignoreCase()).build();
      case StringMatch.Prefix m -> b.setPrefix(m.value()).setIgnoreCase(m.ignoreCase()).build();
      case StringMatch.Suffix m -> b.setSuffix(m.value()).setIgnoreCase(m.ignoreCase()).build();
      case StringMatch.Contains m -> b.setContains(m.value()).setIgnoreCase(m.ignoreCase()).build();
      case StringMatch.Regex m -> b.setSafeRegex(regex(m.regex())).build();
    };
  }

  static StringMatch string(StringMatcher m) {
    return switch (m.getMatchPatternCase()) {
      case EXACT -> new StringMatch.Exact(m.getExact(), m.getIgnoreCase());
      case PREFIX -> new StringMatch.Prefix(m.getPrefix(), m.getIgnoreCase());
      case SUFFIX -> new StringMatch.Suffix(m.getSuffix(), m.getIgnoreCase());
      case CONTAINS -> new StringMatch.Contains(m.getContains(), m.getIgnoreCase());
      case SAFE_REGEX -> new StringMatch.Regex(m.getSafeRegex().getRegex());
      default ->
          throw new InvalidModelException(
              "a string match of kind " + m.getMatchPatternCase() + " is not supported");
    };
  }

  static HeaderMatcher header(HeaderMatch match) {
    HeaderMatcher.Builder b =
        HeaderMatcher.newBuilder()
            .setName(match.name())
            .setInvertMatch(match.invert())
            .setTreatMissingHeaderAsEmpty(match.absentIsEmpty());
    if (match.value().isPresent()) {
      b.setStringMatch(string(match.value().get()));
    } else {
      b.setPresentMatch(true);
    }
    return b.build();
  }

  @SuppressWarnings("deprecation")
  static HeaderMatch header(HeaderMatcher m) {
    Optional<StringMatch> value =
        switch (m.getHeaderMatchSpecifierCase()) {
          case STRING_MATCH -> Optional.of(string(m.getStringMatch()));
          case EXACT_MATCH -> Optional.of(StringMatch.exact(m.getExactMatch()));
          case PREFIX_MATCH -> Optional.of(StringMatch.prefix(m.getPrefixMatch()));
          case SUFFIX_MATCH -> Optional.of(new StringMatch.Suffix(m.getSuffixMatch(), false));
          case CONTAINS_MATCH -> Optional.of(new StringMatch.Contains(m.getContainsMatch(), false));
          case SAFE_REGEX_MATCH ->
              Optional.of(new StringMatch.Regex(m.getSafeRegexMatch().getRegex()));
          case PRESENT_MATCH, HEADERMATCHSPECIFIER_NOT_SET -> Optional.empty();
          default ->
              throw new InvalidModelException(
                  "header match "
                      + m.getName()
                      + " is of kind "
                      + m.getHeaderMatchSpecifierCase()
                      + ", which is not supported");
        };
    boolean absentIsWanted =
        m.getHeaderMatchSpecifierCase() == HeaderMatcher.HeaderMatchSpecifierCase.PRESENT_MATCH
            && !m.getPresentMatch();
    return new HeaderMatch(
        m.getName(), value, m.getInvertMatch() != absentIsWanted, m.getTreatMissingHeaderAsEmpty());
  }

  static QueryParameterMatcher query(QueryMatch match) {
    QueryParameterMatcher.Builder b = QueryParameterMatcher.newBuilder().setName(match.name());
    if (match.value().isPresent()) {
      b.setStringMatch(string(match.value().get()));
    } else {
      b.setPresentMatch(true);
    }
    return b.build();
  }

  static QueryMatch query(QueryParameterMatcher m) {
    return new QueryMatch(
        m.getName(),
        m.hasStringMatch() ? Optional.of(string(m.getStringMatch())) : Optional.empty());
  }
}
