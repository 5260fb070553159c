// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import java.util.Optional;

/** Predicates over strings, headers, query parameters and metadata. */
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

  static MetadataMatcher metadata(MetadataMatch match) {
    MetadataMatcher.Builder b =
        MetadataMatcher.newBuilder()
            .setFilter(match.filter())
            .setValue(value(match.value()))
            .setInvert(match.invert());
    match.path().forEach(key -> b.addPathBuilder().setKey(key));
    return b.build();
  }

  static MetadataMatch metadata(MetadataMatcher m) {
    return new MetadataMatch(
        m.getFilter(),
        m.getPathList().stream().map(MetadataMatcher.PathSegment::getKey).toList(),
        value(m.getValue()),
        m.getInvert());
  }

  private static ValueMatcher value(ValueMatch match) {
    ValueMatcher.Builder b = ValueMatcher.newBuilder();
    switch (match) {
      case ValueMatch.Text m -> b.setStringMatch(string(m.match()));
      case ValueMatch.Number m -> b.getDoubleMatchBuilder().setExact(m.value());
      case ValueMatch.Bool m -> b.setBoolMatch(m.value());
      case ValueMatch.Null m -> b.setNullMatch(ValueMatcher.NullMatch.getDefaultInstance());
      case ValueMatch.Present m -> b.setPresentMatch(true);
      case ValueMatch.OneOf m -> b.getListMatchBuilder().setOneOf(value(m.element()));
      case ValueMatch.Any m ->
          m.matches().forEach(each -> b.getOrMatchBuilder().addValueMatchers(value(each)));
    }
    return b.build();
  }

  private static ValueMatch value(ValueMatcher m) {
    return switch (m.getMatchPatternCase()) {
      case STRING_MATCH -> new ValueMatch.Text(string(m.getStringMatch()));
      case BOOL_MATCH -> new ValueMatch.Bool(m.getBoolMatch());
      case NULL_MATCH -> new ValueMatch.Null();
      case LIST_MATCH -> new ValueMatch.OneOf(value(m.getListMatch().getOneOf()));
      case OR_MATCH ->
          new ValueMatch.Any(
              m.getOrMatch().getValueMatchersList().stream().map(Matches::value).toList());
      case DOUBLE_MATCH -> {
        if (!m.getDoubleMatch().hasExact()) {
          throw unsupportedValue("a range of numbers");
        }
        yield new ValueMatch.Number(m.getDoubleMatch().getExact());
      }
      case PRESENT_MATCH -> {
        if (!m.getPresentMatch()) {
          throw unsupportedValue("a value that is absent");
        }
        yield new ValueMatch.Present();
      }
      default -> throw unsupportedValue("kind " + m.getMatchPatternCase());
    };
  }

  private static InvalidModelException unsupportedValue(String what) {
    return new InvalidModelException("a metadata match of " + what + " is not supported");
  }
}
