// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.api.internal.Binder;
import io.flotilla.api.internal.NearName;
import io.flotilla.api.tree.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one document, whatever it came from, into a {@link Resource}, or says why not. */
public final class ResourceReader {
  private static final String DEFAULT_NAMESPACE = "default";
  private static final Set<String> ENVELOPE = Set.of("apiVersion", "kind", "metadata", "status");

  private ResourceReader() {}

  /** What became of a document. */
  public sealed interface Verdict {
    /** It is a resource of the mesh. */
    record Accepted(Resource<?> resource) implements Verdict {}

    /** It is wrong. */
    record Refused(Rejection rejection) implements Verdict {}

    /** It is not for the mesh. */
    record Passed(PassedBy passedBy) implements Verdict {}
  }

  /**
   * Reads an object that must be of a kind that the mesh understands.
   *
   * @throws InvalidResourceException if it is not one, or is wrong
   */
  public static Resource<?> read(JsonNode document, Origin origin) throws InvalidResourceException {
    return switch (read(Tree.of(document), origin)) {
      case Verdict.Accepted accepted -> accepted.resource();
      case Verdict.Refused refused ->
          throw new InvalidResourceException(
              refused.rejection().object(), refused.rejection().problems());
      case Verdict.Passed passed ->
          throw new InvalidResourceException(
              passed.passedBy().object(),
              List.of(new Problem("kind", 0, passed.passedBy().reason())));
    };
  }

  /** Reads a document of any kind. */
  public static Verdict read(Tree tree, Origin origin) {
    if (!(tree instanceof Tree.Mapping document)) {
      return refused(
          origin,
          Optional.empty(),
          "",
          new Problem(
              "",
              tree.line(),
              "a document must be an object with apiVersion and kind, not " + tree.described()));
    }
    String apiVersion = document.text("apiVersion").orElse("");
    String kindName = document.text("kind").orElse("");
    if (apiVersion.isEmpty() || kindName.isEmpty()) {
      String missing = apiVersion.isEmpty() ? "apiVersion" : "kind";
      return refused(
          origin,
          Optional.empty(),
          named(kindName, "", name(document)),
          new Problem(
              missing,
              document.line(),
              "is required: say what the document is, as 'apiVersion: networking.istio.io/v1' and"
                  + " 'kind: VirtualService'"));
    }
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    String version = apiVersion.substring(slash + 1);
    Optional<Kind<?>> kind = Kinds.find(group, kindName);
    if (kind.isEmpty()) {
      return unknown(document, group, kindName, origin);
    }
    return known(kind.get(), document, apiVersion, version, origin);
  }

  private static Verdict unknown(Tree.Mapping document, String group, String kind, Origin origin) {
    String object = named(kind, namespace(document), name(document));
    if (Kinds.isIdle(group, kind)) {
      return new Verdict.Passed(
          new PassedBy(
              origin, object, "the mesh knows " + kind + ", but does not act on it", true));
    }
    if (Kinds.isMeshGroup(group)) {
      return refused(
          origin,
          Optional.empty(),
          object,
          new Problem(
              "kind",
              document.lineOf("kind"),
              group + " has no kind '" + kind + "'" + NearName.hint(kind, Kinds.of(group))));
    }
    return new Verdict.Passed(new PassedBy(origin, object, "not mesh configuration", false));
  }

  private static <S> Verdict known(
      Kind<S> kind, Tree.Mapping document, String apiVersion, String version, Origin origin) {
    Binder binder = new Binder();
    if (!kind.versions().contains(version)) {
      binder.refuse(
          "apiVersion",
          document.lineOf("apiVersion"),
          "'"
              + apiVersion
              + "' is not a version of "
              + kind.kind()
              + ": use "
              + String.join(", ", kind.versions().stream().map(kind::apiVersion).toList()));
    }
    ObjectMeta metadata = metadata(kind, document, binder);
    S spec = spec(kind, document, binder);
    String name = name(document);
    Optional<ObjectKey> key =
        name.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new ObjectKey(
                    kind.group(), kind.kind(), namespaceOf(kind, namespace(document)), name));
    if (metadata == null || spec == null || !binder.problems().isEmpty()) {
      return new Verdict.Refused(
          new Rejection(
              origin,
              key,
              key.map(ObjectKey::toString).orElse(kind.kind()),
              List.copyOf(binder.problems())));
    }
    return new Verdict.Accepted(
        new Resource<>(kind, apiVersion, metadata, spec, document.toJson(), origin));
  }

  private static @Nullable ObjectMeta metadata(Kind<?> kind, Tree.Mapping document, Binder binder) {
    Optional<Tree> tree = document.get("metadata");
    if (tree.isEmpty()) {
      binder.refuse("metadata", document.line(), "is required: an object needs at least a name");
      return null;
    }
    ObjectMeta metadata = binder.bind(ObjectMeta.class, tree.get(), "metadata");
    return metadata == null ? null : metadata.inNamespace(namespaceOf(kind, metadata.namespace()));
  }

  private static <S> @Nullable S spec(Kind<S> kind, Tree.Mapping document, Binder binder) {
    if (!kind.inSpec()) {
      return binder.bind(kind.type(), document, "");
    }
    for (String field : document.fields().keySet()) {
      if (!ENVELOPE.contains(field) && !field.equals("spec")) {
        binder.refuse(
            field,
            document.lineOf(field),
            "unknown field" + NearName.hint(field, List.of("spec", "status", "metadata", "kind")));
      }
    }
    Optional<Tree> spec = document.get("spec");
    if (spec.isEmpty() && kind.specRequired()) {
      binder.refuse("spec", document.line(), "is required");
      return null;
    }
    return binder.bind(
        kind.type(),
        spec.orElseGet(() -> new Tree.Mapping(document.line(), Map.of(), Map.of())),
        "spec");
  }

  private static String namespaceOf(Kind<?> kind, String written) {
    if (!kind.namespaced()) {
      return "";
    }
    return written.isEmpty() ? DEFAULT_NAMESPACE : written;
  }

  private static String name(Tree.Mapping document) {
    return metadataText(document, "name");
  }

  private static String namespace(Tree.Mapping document) {
    return metadataText(document, "namespace");
  }

  private static String metadataText(Tree.Mapping document, String field) {
    return document.get("metadata").orElse(null) instanceof Tree.Mapping metadata
        ? metadata.text(field).orElse("")
        : "";
  }

  private static String named(String kind, String namespace, String name) {
    List<String> words = new ArrayList<>();
    if (!kind.isEmpty()) {
      words.add(kind);
    }
    if (!name.isEmpty()) {
      words.add(namespace.isEmpty() ? name : namespace + "/" + name);
    }
    return String.join(" ", words);
  }

  private static Verdict refused(
      Origin origin, Optional<ObjectKey> key, String object, Problem problem) {
    return new Verdict.Refused(new Rejection(origin, key, object, List.of(problem)));
  }
}
