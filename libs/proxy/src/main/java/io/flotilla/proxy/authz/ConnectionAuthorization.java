// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.metrics.Statistics;
import io.flotilla.proxy.upstream.UpstreamCalls;
import io.flotilla.rules.policy.AccessView;
import io.flotilla.rules.policy.MetadataRule;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks a service whether a connection may be used (Envoy documentation, "External Authorization").
 */
public final class ConnectionAuthorization {
  private static final int LARGEST_ANSWER = 64 * 1024;

  private final NetworkFilter.Authorization model;
  private final UpstreamCalls calls;
  private final Statistics statistics;
  private final String scope;
  private final @Nullable MetadataRule when;

  public ConnectionAuthorization(
      NetworkFilter.Authorization model, UpstreamCalls calls, Statistics statistics) {
    this.model = model;
    this.calls = calls;
    this.statistics = statistics;
    this.scope = "ext_authz." + model.statPrefix();
    this.when = model.when().map(MetadataRule::new).orElse(null);
  }

  /** Whether the service is asked at all. */
  public boolean applies(AccessView connection) {
    boolean asked = when == null || when.test(connection);
    if (!asked) {
      statistics.count(scope, "disabled");
    }
    return asked;
  }

  /** {@code then}: told why the connection may not be used; empty: it may. */
  public void ask(Downstream connection, Consumer<Optional<String>> then) {
    statistics.count(scope, "total");
    UpstreamCalls.Call call =
        calls.grpc(
            model.service().cluster(),
            model.service().authority(),
            AuthorizationFilter.CHECK,
            model.service().metadata(),
            CheckRequests.of(connection, model.peerCertificate(), model.tlsSession()),
            model.service().timeout(),
            LARGEST_ANSWER,
            answer -> decide(answer.map(CheckResponses::read).orElse(new Verdict.Failed()), then));
    connection.channel().closeFuture().addListener(closed -> call.cancel());
  }

  private void decide(Verdict verdict, Consumer<Optional<String>> then) {
    switch (verdict) {
      case Verdict.Allowed a -> {
        statistics.count(scope, "ok");
        then.accept(Optional.empty());
      }
      case Verdict.Denied d -> {
        statistics.count(scope, "denied");
        statistics.count(scope, "cx_closed");
        then.accept(Optional.of("ext_authz_denied"));
      }
      case Verdict.Failed f -> {
        statistics.count(scope, "error");
        if (model.allowOnError()) {
          statistics.count(scope, "failure_mode_allowed");
          then.accept(Optional.empty());
        } else {
          statistics.count(scope, "cx_closed");
          then.accept(Optional.of("ext_authz_error"));
        }
      }
    }
  }
}
