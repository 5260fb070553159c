// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeaderFormat;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryHostPredicate;
import io.envoyproxy.envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.route.RetryDetails;
import io.flotilla.model.route.RetryPolicy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** When and how requests are tried again. */
final class RetryCodec {
  private static final String PREDICATES = "envoy.retry_host_predicates.";
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(300);

  private RetryCodec() {}

  static io.envoyproxy.envoy.config.route.v3.RetryPolicy encode(RetryPolicy p) {
    var b =
        io.envoyproxy.envoy.config.route.v3.RetryPolicy.newBuilder()
            .setRetryOn(
                p.conditions().stream()
                    .sorted()
                    .map(RetryPolicy.Condition::word)
                    .collect(Collectors.joining(",")))
            .setNumRetries(UInt32Value.of(p.maxRetries()))
            .setHostSelectionRetryMaxAttempts(p.hostSelectionAttempts())
            .setRetryBackOff(
                RetryBackOff.newBuilder()
                    .setBaseInterval(Common.duration(p.backoffBase()))
                    .setMaxInterval(Common.duration(p.backoffMax())));
    p.statusCodes().stream().sorted().forEach(b::addRetriableStatusCodes);
    p.perTryTimeout().ifPresent(t -> b.setPerTryTimeout(Common.duration(t)));
    if (p.avoidPreviousHosts()) {
      b.addRetryHostPredicate(
          predicate("previous_hosts", PreviousHostsPredicate.getDefaultInstance()));
    }
    RetryDetails details = p.details();
    if (details.omitCanaries()) {
      b.addRetryHostPredicate(
          predicate("omit_canary_hosts", OmitCanaryHostsPredicate.getDefaultInstance()));
    }
    if (!details.omitMetadata().isEmpty()) {
      b.addRetryHostPredicate(
          predicate(
              "omit_host_metadata",
              OmitHostMetadataConfig.newBuilder()
                  .setMetadataMatch(Common.balancing(details.omitMetadata()))
                  .build()));
    }
    if (details.shunPriorities() > 0) {
      b.getRetryPriorityBuilder()
          .setName("envoy.retry_priorities.previous_priorities")
          .setTypedConfig(
              Any.pack(
                  PreviousPrioritiesConfig.newBuilder()
                      .setUpdateFrequency(details.shunPriorities())
                      .build()));
    }
    details.requestHeaders().forEach(h -> b.addRetriableRequestHeaders(Matches.header(h)));
    details.answerHeaders().forEach(h -> b.addRetriableHeaders(Matches.header(h)));
    details.rateLimited().ifPresent(r -> b.setRateLimitedRetryBackOff(rateLimited(r)));
    details.perTryIdleTimeout().ifPresent(t -> b.setPerTryIdleTimeout(Common.duration(t)));
    return b.build();
  }

  private static RetryHostPredicate predicate(String name, Message config) {
    return RetryHostPredicate.newBuilder()
        .setName(PREDICATES + name)
        .setTypedConfig(Any.pack(config))
        .build();
  }

  private static RateLimitedRetryBackOff rateLimited(RetryDetails.RateLimited told) {
    RateLimitedRetryBackOff.Builder b =
        RateLimitedRetryBackOff.newBuilder().setMaxInterval(Common.duration(told.longest()));
    for (RetryDetails.ResetHeader header : told.headers()) {
      b.addResetHeadersBuilder()
          .setName(header.name())
          .setFormat(
              header.timestamp() ? ResetHeaderFormat.UNIX_TIMESTAMP : ResetHeaderFormat.SECONDS);
    }
    return b.build();
  }

  static RetryPolicy decode(io.envoyproxy.envoy.config.route.v3.RetryPolicy p) {
    Set<RetryPolicy.Condition> conditions = EnumSet.noneOf(RetryPolicy.Condition.class);
    for (String word : p.getRetryOn().split(",")) {
      // Envoy, too, ignores words that it does not know.
      RetryPolicy.Condition.ofWord(word.strip()).ifPresent(conditions::add);
    }
    Duration base =
        p.getRetryBackOff().hasBaseInterval()
            ? Common.duration(p.getRetryBackOff().getBaseInterval())
            : RetryPolicy.DEFAULT_BACKOFF_BASE;
    boolean previous = false;
    boolean canaries = false;
    Map<String, Object> metadata = Map.of();
    for (RetryHostPredicate each : p.getRetryHostPredicateList()) {
      switch (each.getName()) {
        case PREDICATES + "previous_hosts" -> previous = true;
        case PREDICATES + "omit_canary_hosts" -> canaries = true;
        case PREDICATES + "omit_host_metadata" ->
            metadata =
                Common.balancing(
                    Common.unpack(each.getTypedConfig(), OmitHostMetadataConfig.class)
                        .getMetadataMatch());
        default ->
            throw new InvalidModelException(
                "the retry host predicate " + each.getName() + " is not supported");
      }
    }
    return new RetryPolicy(
        conditions,
        new HashSet<>(p.getRetriableStatusCodesList()),
        p.hasNumRetries() ? p.getNumRetries().getValue() : 1,
        Common.when(p.hasPerTryTimeout(), () -> Common.duration(p.getPerTryTimeout())),
        base,
        p.getRetryBackOff().hasMaxInterval()
            ? Common.duration(p.getRetryBackOff().getMaxInterval())
            : base.multipliedBy(10),
        previous,
        (int) p.getHostSelectionRetryMaxAttempts(),
        new RetryDetails(
            canaries,
            metadata,
            priorities(p),
            p.getRetriableRequestHeadersList().stream().map(Matches::header).toList(),
            p.getRetriableHeadersList().stream().map(Matches::header).toList(),
            rateLimited(p),
            Common.when(
                p.hasPerTryIdleTimeout(), () -> Common.duration(p.getPerTryIdleTimeout()))));
  }

  private static int priorities(io.envoyproxy.envoy.config.route.v3.RetryPolicy p) {
    if (!p.hasRetryPriority()) {
      return 0;
    }
    Any config = p.getRetryPriority().getTypedConfig();
    if (!Common.typeName(config).endsWith("PreviousPrioritiesConfig")) {
      throw new InvalidModelException(
          "the retry priority " + p.getRetryPriority().getName() + " is not supported");
    }
    return Common.unpack(config, PreviousPrioritiesConfig.class).getUpdateFrequency();
  }

  private static Optional<RetryDetails.RateLimited> rateLimited(
      io.envoyproxy.envoy.config.route.v3.RetryPolicy p) {
    RateLimitedRetryBackOff told = p.getRateLimitedRetryBackOff();
    return Common.when(
        told.getResetHeadersCount() > 0,
        () ->
            new RetryDetails.RateLimited(
                told.getResetHeadersList().stream()
                    .map(
                        h ->
                            new RetryDetails.ResetHeader(
                                h.getName().toLowerCase(Locale.ROOT),
                                h.getFormat() == ResetHeaderFormat.UNIX_TIMESTAMP))
                    .toList(),
                told.hasMaxInterval() ? Common.duration(told.getMaxInterval()) : LONGEST_PAUSE));
  }
}
