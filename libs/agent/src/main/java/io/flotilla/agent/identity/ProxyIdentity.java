// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.identity;

import io.flotilla.agent.AgentConfig;
import io.flotilla.agent.AgentConfig.ControlPlane;
import io.flotilla.ca.client.CaClient;
import io.flotilla.ca.client.CaException;
import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.identity.RotationSchedule;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustBundle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;

/** Makes the {@link WorkloadIdentity} of a proxy from its configuration. */
public final class ProxyIdentity {
  private ProxyIdentity() {}

  /** The identity, not yet started. It asks the configured CA with the configured token file. */
  public static WorkloadIdentity of(AgentConfig config, Clock clock) {
    ControlPlane plane = config.controlPlane();
    return new WorkloadIdentity(
        WorkloadIdentity.Request.of(SpiffeId.parse(config.spiffeId()), config.certificateTtl()),
        CaClient.ofFiles(plane.caAddress(), plane.rootFile(), plane.tokenFile()),
        () -> roots(plane.rootFile()),
        RotationSchedule.standard(new SecureRandom()),
        clock);
  }

  private static TrustBundle roots(Path file) {
    try {
      return TrustBundle.parse(Files.readString(file, StandardCharsets.UTF_8), "root file " + file);
    } catch (IOException e) {
      throw CaException.failed(
          "The root file " + file + " cannot be read: mount or write it there", e);
    }
  }
}
