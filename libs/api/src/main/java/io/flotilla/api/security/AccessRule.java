// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.security;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Rules;
import java.util.List;
import java.util.Optional;

/** What a request must be like: from one of these, to one of these, when all of these hold. */
public record AccessRule(
    @Field(value = "Where it comes from; absent: anywhere.", maxSize = 512) List<From> from,
    @Field("What it does; absent: anything.") List<To> to,
    @Field("Further conditions, all of which must hold.") List<Condition> when) {

  /** Where a request comes from. */
  public record From(@Field("The source.") Optional<Source> source) {
    public From {
      require(
          source.isPresent() && !source.get().equals(Source.ANY),
          "source",
          "a source must say something; leave 'from' away to mean any");
    }
  }

  /** What a request does. */
  public record To(@Field("The operation.") Optional<Operation> operation) {
    public To {
      require(
          operation.isPresent() && !operation.get().equals(Operation.ANY),
          "operation",
          "an operation must say something; leave 'to' away to mean any");
    }
  }

  /** All that is given must fit; of a list, one; of a list that begins with "not", none. */
  @Rules(Rule.SERVICE_ACCOUNTS_ALONE)
  public record Source(
      @Field("Identities of callers, as cluster.local/ns/default/sa/reviews.")
          List<String> principals,
      @Field("Identities that callers must not have.") List<String> notPrincipals,
      @Field("Issuers and subjects of tokens, as issuer/subject.") List<String> requestPrincipals,
      @Field("Issuers and subjects that tokens must not have.") List<String> notRequestPrincipals,
      @Field("Namespaces of callers.") List<String> namespaces,
      @Field("Namespaces that callers must not be in.") List<String> notNamespaces,
      @Field("Addresses of the connection.") List<String> ipBlocks,
      @Field("Addresses that the connection must not have.") List<String> notIpBlocks,
      @Field("Addresses of the client, as trusted headers tell.") List<String> remoteIpBlocks,
      @Field("Addresses that the client must not have.") List<String> notRemoteIpBlocks,
      @Field(
              value = "Service accounts of callers, as namespace/account or account.",
              maxSize = 16,
              itemMaxLength = 320)
          List<String> serviceAccounts,
      @Field(
              value = "Service accounts that callers must not have.",
              maxSize = 16,
              itemMaxLength = 320)
          List<String> notServiceAccounts,
      @Field("Trust domains of callers.") List<String> trustDomains,
      @Field("Trust domains that callers must not be of.") List<String> notTrustDomains) {
    static final Source ANY =
        new Source(
            List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
            List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    public Source {
      AccessValues.addresses("ipBlocks", ipBlocks);
      AccessValues.addresses("notIpBlocks", notIpBlocks);
      AccessValues.addresses("remoteIpBlocks", remoteIpBlocks);
      AccessValues.addresses("notRemoteIpBlocks", notRemoteIpBlocks);
      AccessValues.notEmpty("principals", principals);
      AccessValues.notEmpty("notPrincipals", notPrincipals);
      AccessValues.notEmpty("requestPrincipals", requestPrincipals);
      AccessValues.notEmpty("notRequestPrincipals", notRequestPrincipals);
      AccessValues.notEmpty("namespaces", namespaces);
      AccessValues.notEmpty("notNamespaces", notNamespaces);
      AccessValues.accounts("serviceAccounts", serviceAccounts);
      AccessValues.accounts("notServiceAccounts", notServiceAccounts);
      AccessValues.notEmpty("trustDomains", trustDomains);
      AccessValues.notEmpty("notTrustDomains", notTrustDomains);
    }
  }

  /** All that is given must fit; of a list, one; of a list that begins with "not", none. */
  public record Operation(
      @Field("Hosts, without case.") List<String> hosts,
      @Field("Hosts that it must not be for.") List<String> notHosts,
      @Field("Ports of the workload.") List<String> ports,
      @Field("Ports that it must not be for.") List<String> notPorts,
      @Field("HTTP methods.") List<String> methods,
      @Field("HTTP methods that it must not have.") List<String> notMethods,
      @Field("Paths, or templates of paths as /users/{*}/files/{**}.") List<String> paths,
      @Field("Paths that it must not have.") List<String> notPaths) {
    static final Operation ANY =
        new Operation(
            List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    public Operation {
      AccessValues.ports("ports", ports);
      AccessValues.ports("notPorts", notPorts);
      AccessValues.notEmpty("hosts", hosts);
      AccessValues.notEmpty("notHosts", notHosts);
      AccessValues.notEmpty("methods", methods);
      AccessValues.notEmpty("notMethods", notMethods);
      AccessValues.paths("paths", paths);
      AccessValues.paths("notPaths", notPaths);
    }
  }

  /** A condition on an attribute. */
  public record Condition(
      @Field(value = "The attribute, as request.headers[user-agent].", required = true) String key,
      @Field("Values of which one must fit.") List<String> values,
      @Field("Values of which none may fit.") List<String> notValues) {
    public Condition {
      require(
          !values.isEmpty() || !notValues.isEmpty(),
          "values",
          "a condition needs values or notValues");
      AccessValues.condition(key, values);
      AccessValues.condition(key, notValues);
    }
  }
}
