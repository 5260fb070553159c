// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.api.ObjectKey;
import io.flotilla.api.PassedBy;
import io.flotilla.api.Rejection;
import io.flotilla.api.Resource;
import io.flotilla.api.yaml.Manifest;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.check.Finding;
import io.flotilla.check.Validation;
import io.flotilla.galley.Galley;
import io.flotilla.galley.publish.ProxyProgress;
import io.flotilla.galley.store.Configuration;
import io.flotilla.galley.store.InForce;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What Galley holds and what it thinks of it, by HTTP. Secrets are shown without their values. */
@Path("/galley/api")
@Tag(name = "galley", description = "The mesh's configuration")
@Produces(MediaType.APPLICATION_JSON)
public class GalleyResource {
  private static final int MOST = 1000;
  private static final int LONGEST_TEXT = 4 << 20;

  private final Galley galley;
  private final ProxyProgress progress;

  public GalleyResource(Galley galley, ProxyProgress progress) {
    this.galley = galley;
    this.progress = progress;
  }

  /**
   * An object in force.
   *
   * @param lastGood whether its newest document was refused
   */
  public record ObjectView(
      String apiVersion,
      String kind,
      String namespace,
      String name,
      String origin,
      boolean lastGood,
      @Nullable JsonNode document) {}

  /** A refused document; {@code inForce}: whether an earlier version of the object serves on. */
  public record RejectionView(
      String file, int line, String object, String reason, boolean inForce) {}

  /** A finding. */
  public record FindingView(
      String code,
      String title,
      String level,
      String object,
      String file,
      int line,
      String message,
      String remedy,
      boolean rejects) {}

  /** Where the service stands. */
  public record Status(
      long revision,
      String time,
      int objects,
      int rejections,
      int findings,
      ProxyProgress.Programmed programmed,
      Collection<ProxyProgress.Proxy> proxies,
      List<String> troubles) {}

  /** What POST validate answers. */
  public record Verdict(boolean valid, List<FindingView> findings) {}

  /** The state at a glance. */
  @GET
  @Path("status")
  @RunOnVirtualThread
  @Operation(summary = "Revision in force, how many proxies run it, and what hinders the service")
  public Status status() {
    Configuration now = galley.current();
    return new Status(
        now.revision(),
        now.time().toString(),
        now.objects().size(),
        now.rejections().size(),
        now.findings().size(),
        progress.programmed(now.revision()),
        progress.proxies().values(),
        galley.troubles());
  }

  /** Objects in force. */
  @GET
  @Path("objects")
  @RunOnVirtualThread
  @Operation(summary = "Objects in force, of all kinds or one, with their documents if asked")
  public List<ObjectView> objects(
      @QueryParam("kind") @Nullable String kind,
      @QueryParam("namespace") @Nullable String namespace,
      @QueryParam("name") @Nullable String name,
      @QueryParam("documents") @DefaultValue("true") boolean documents) {
    return galley.current().objects().values().stream()
        .filter(object -> kind == null || matches(object.resource(), kind))
        .filter(o -> namespace == null || o.resource().metadata().namespace().equals(namespace))
        .filter(o -> name == null || o.resource().metadata().name().equals(name))
        .map(object -> view(object, documents))
        .toList();
  }

  /** Whether a resource is of a kind by its name or type URL. */
  static boolean matches(Resource<?> resource, String kind) {
    return resource.kind().kind().equalsIgnoreCase(kind) || resource.kind().typeUrl().equals(kind);
  }

  private static ObjectView view(InForce object, boolean documents) {
    Resource<?> resource = object.resource();
    return new ObjectView(
        resource.apiVersion(),
        resource.kind().kind(),
        resource.metadata().namespace(),
        resource.metadata().name(),
        resource.origin().toString(),
        object.lastGood(),
        documents ? shown(resource) : null);
  }

  /** The document without what is secret. */
  static ObjectNode shown(Resource<?> resource) {
    ObjectNode document = resource.document().deepCopy();
    if (resource.kind().kind().equals("Secret")) {
      for (String field : List.of("data", "stringData")) {
        if (document.get(field) instanceof ObjectNode values) {
          List<String> names = new ArrayList<>();
          values.fieldNames().forEachRemaining(names::add);
          names.forEach(each -> values.put(each, ""));
        }
      }
    }
    return document;
  }

  /** Refused documents. */
  @GET
  @Path("rejections")
  @RunOnVirtualThread
  @Operation(summary = "Refused documents: file, line, object, reason")
  public List<RejectionView> rejections() {
    Configuration now = galley.current();
    return now.rejections().stream()
        .map(
            rejection ->
                new RejectionView(
                    rejection.origin().file(),
                    rejection.line(),
                    rejection.object(),
                    rejection.reason(),
                    rejection.key().filter(now.objects()::containsKey).isPresent()))
        .toList();
  }

  /** Findings on objects in force. */
  @GET
  @Path("warnings")
  @RunOnVirtualThread
  @Operation(summary = "Findings on objects that are in force all the same")
  public List<FindingView> warnings() {
    return galley.current().findings().stream()
        .filter(finding -> !finding.rejects())
        .map(GalleyResource::view)
        .toList();
  }

  private static FindingView view(Finding finding) {
    return new FindingView(
        finding.code().code(),
        finding.code().title(),
        finding.level().name(),
        finding.object(),
        finding.origin().file(),
        finding.origin().line(),
        finding.message(),
        finding.remedy(),
        finding.rejects());
  }

  /** Documents without effect. */
  @GET
  @Path("passed-by")
  @RunOnVirtualThread
  @Operation(summary = "Documents that are not mesh configuration")
  public List<PassedBy> passedBy() {
    return galley.current().passedBy();
  }

  /** The newest revisions. */
  @GET
  @Path("history")
  @RunOnVirtualThread
  @Operation(summary = "The newest revisions: who, when, what, why")
  public List<ObjectNode> history(@QueryParam("limit") @DefaultValue("20") int limit) {
    if (limit < 1 || limit > MOST) {
      throw problem(400, "limit must be from 1 to " + MOST + ", but is " + limit);
    }
    try {
      return galley.history().isEmpty() ? List.of() : galley.history().orElseThrow().newest(limit);
    } catch (IOException e) {
      throw problem(503, "the history cannot be read: " + e.getMessage());
    }
  }

  /** Judges YAML as if it were added to what is in force; nothing changes. */
  @POST
  @Path("validate")
  @Consumes(MediaType.WILDCARD)
  @RunOnVirtualThread
  @Operation(summary = "Judges YAML as if it were added to what is in force; nothing changes")
  public Verdict validate(String yaml) {
    if (yaml.length() > LONGEST_TEXT) {
      throw problem(
          413, "at most " + LONGEST_TEXT + " characters are judged: send fewer documents");
    }
    Manifest manifest = new ManifestReader().read(yaml, "request");
    Map<ObjectKey, Resource<?>> all = new LinkedHashMap<>();
    galley.current().objects().forEach((key, object) -> all.put(key, object.resource()));
    manifest.resources().forEach(each -> all.put(ObjectKey.of(each), each));
    List<FindingView> findings = new ArrayList<>();
    for (Rejection rejection : manifest.rejections()) {
      findings.add(view(Finding.of(rejection)));
    }
    manifest.passedBy().stream()
        .filter(PassedBy::surprising)
        .forEach(each -> findings.add(view(Finding.of(each))));
    Validation.analyze(all.values()).stream()
        .filter(finding -> finding.origin().file().equals("request"))
        .forEach(finding -> findings.add(view(finding)));
    return new Verdict(manifest.rejections().isEmpty(), findings);
  }

  private static WebApplicationException problem(int status, String sentence) {
    return new WebApplicationException(
        sentence, Response.status(status).type(MediaType.TEXT_PLAIN_TYPE).entity(sentence).build());
  }
}
