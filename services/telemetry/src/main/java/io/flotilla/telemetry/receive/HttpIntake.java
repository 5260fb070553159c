// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.distribute.DecodingRoom;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/** Takes bodies of spans for the receivers that answer in plain text: 202, or why not. */
@ApplicationScoped
class HttpIntake {
  private final SpanDistributor distributor;
  private final Tenants tenants;
  private final DecodingRoom room;
  private final int maxBytes;

  HttpIntake(
      SpanDistributor distributor, Tenants tenants, DecodingRoom room, TelemetryConfig config) {
    this.distributor = distributor;
    this.tenants = tenants;
    this.room = room;
    this.maxBytes = config.receive().maxBytes();
  }

  /** What a receiver makes of an unpacked body. */
  interface Decoding {
    Decoded of(byte[] unpacked) throws MalformedSpansException;
  }

  /**
   * The answer, once the spans are stored or refused.
   *
   * @param receiver by which refusals are counted
   * @param encoding the content encoding
   */
  Response take(
      String receiver,
      @Nullable String encoding,
      @Nullable String tenant,
      byte[] body,
      Decoding decoding) {
    try (DecodingRoom.Place place =
        room.take(receiver, SpanBody.weight(body, encoding, maxBytes))) {
      Decoded decoded = decoding.of(SpanBody.unpacked(body, encoding, maxBytes));
      if (decoded.spans().isEmpty() && decoded.refused() > 0) {
        distributor.refused(receiver, "malformed");
        return Refusals.text(400, decoded.reason());
      }
      distributor.distribute(receiver, tenants.of(tenant), decoded);
      return Response.accepted().build();
    } catch (MalformedSpansException e) {
      distributor.refused(receiver, "malformed");
      return Refusals.text(400, e.getMessage());
    } catch (SpanBody.TooLargeException e) {
      distributor.refused(receiver, "too-large");
      return Refusals.text(413, e.getMessage());
    } catch (UnknownTenantException e) {
      distributor.refused(receiver, "no-tenant");
      return Refusals.text(401, e.getMessage());
    } catch (RefusedException e) {
      return Refusals.refused(e);
    }
  }
}
