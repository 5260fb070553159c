// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which requests a rule is for: everything that is set must hold. */
public record HttpMatch(
    @Field("A name for logs and debugging.") Optional<String> name,
    @Field("The path.") Optional<StringMatch> uri,
    @Field("http or https.") Optional<StringMatch> scheme,
    @Field("The method.") Optional<StringMatch> method,
    @Field("The authority (Host).") Optional<StringMatch> authority,
    @Field("Headers by lower case name; an empty match asks that the header is there.")
        Map<String, StringMatch> headers,
    @Field("Headers that must not match.") Map<String, StringMatch> withoutHeaders,
    @Field("Query parameters by name.") Map<String, StringMatch> queryParams,
    @Field("Whether the path is compared without regard to case.") Optional<Boolean> ignoreUriCase,
    @Field(value = "The port that was asked for.", unsigned = true) Optional<Integer> port,
    @Field("Labels of the calling workload.") Map<String, String> sourceLabels,
    @Field("Namespace of the calling workload.") Optional<String> sourceNamespace,
    @Field("Gateways that apply this match; replaces the virtual service's.") List<String> gateways,
    @Field("A prefix for the route's statistics.") Optional<String> statPrefix) {
  public HttpMatch {
    Ports.check("port", port);
    for (String header : headers.keySet()) {
      require(!header.isEmpty(), "headers", "the name of a header is empty");
    }
    for (String header : withoutHeaders.keySet()) {
      require(!header.isEmpty(), "withoutHeaders", "the name of a header is empty");
    }
  }
}
