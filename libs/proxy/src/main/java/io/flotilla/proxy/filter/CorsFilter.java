// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.model.policy.Cors;
import io.flotilla.model.route.RouteAction;
import io.flotilla.rules.route.CorsRule;
import io.flotilla.rules.route.RouteTable;
import java.util.function.Function;

/** Answers preflights and decorates answers by the route's policy. */
final class CorsFilter implements RequestFilter {
  private final Function<Cors, CorsRule> rules;

  CorsFilter(Function<Cors, CorsRule> rules) {
    this.rules = rules;
  }

  @Override
  public boolean apply(FilteredRequest request) {
    RouteTable.Match match = request.route();
    if (match == null
        || match.route().cors().isEmpty()
        || !(match.route().action() instanceof RouteAction.Forward)) {
      return true;
    }
    return switch (rules.apply(match.route().cors().get()).decide(request)) {
      case CorsRule.Decision.Ignore i -> true;
      case CorsRule.Decision.Decorate d -> {
        request.answerHeaders(d.headers());
        yield true;
      }
      case CorsRule.Decision.Preflight p -> {
        request.answerHeaders(p.headers());
        request.preflight();
        yield false;
      }
    };
  }
}
