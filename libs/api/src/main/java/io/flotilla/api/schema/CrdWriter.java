// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.schema;

import io.flotilla.api.Kind;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * Writes a kind as the CustomResourceDefinition that an API server takes: one OpenAPI v3 schema,
 * the same for all versions, from the {@link Shape} of its record.
 */
public final class CrdWriter {
  private static final long UNSIGNED_MAX = 4294967295L;

  private CrdWriter() {}

  /** The CRD as YAML. */
  public static String yaml(Kind<?> kind) {
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    options.setWidth(100);
    options.setSplitLines(false);
    return "# Written from "
        + kind.type().getName()
        + "; docs/galley.md says how.\n"
        + new Yaml(options).dump(ordered(crd(kind)));
  }

  // Immutable maps have no order of their own, and aliases would make the text hard to read.
  private static Object ordered(Object value) {
    return switch (value) {
      case LinkedHashMap<?, ?> map -> {
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((name, each) -> copy.put(String.valueOf(name), ordered(each)));
        yield copy;
      }
      case Map<?, ?> map -> {
        Map<String, Object> copy = new TreeMap<>();
        map.forEach((name, each) -> copy.put(String.valueOf(name), ordered(each)));
        yield copy;
      }
      case List<?> list -> {
        List<Object> copy = new ArrayList<>();
        list.forEach(each -> copy.add(ordered(each)));
        yield copy;
      }
      default -> value;
    };
  }

  /** The CRD as maps and lists. */
  public static Map<String, Object> crd(Kind<?> kind) {
    CustomResource annotation = kind.type().getAnnotation(CustomResource.class);
    if (annotation == null) {
      throw new IllegalArgumentException(kind.type() + " has no @CustomResource");
    }
    Map<String, Object> crd = new LinkedHashMap<>();
    crd.put("apiVersion", "apiextensions.k8s.io/v1");
    crd.put("kind", "CustomResourceDefinition");
    crd.put("metadata", metadata(kind, annotation));
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("group", kind.group());
    spec.put("names", names(kind, annotation));
    spec.put("scope", kind.namespaced() ? "Namespaced" : "Cluster");
    List<Object> versions = new ArrayList<>();
    for (String version : kind.versions().stream().sorted().toList()) {
      versions.add(version(kind, annotation, version));
    }
    spec.put("versions", versions);
    crd.put("spec", spec);
    return crd;
  }

  private static Map<String, Object> metadata(Kind<?> kind, CustomResource annotation) {
    Map<String, Object> labels = new TreeMap<>();
    labels.put("app.kubernetes.io/part-of", "flotilla");
    for (String label : annotation.labels()) {
      int equals = label.indexOf('=');
      labels.put(label.substring(0, equals), label.substring(equals + 1));
    }
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", kind.plural() + "." + kind.group());
    metadata.put("labels", labels);
    return metadata;
  }

  private static Map<String, Object> names(Kind<?> kind, CustomResource annotation) {
    Map<String, Object> names = new LinkedHashMap<>();
    names.put("categories", List.of(annotation.categories()));
    names.put("kind", kind.kind());
    names.put("listKind", kind.kind() + "List");
    names.put("plural", kind.plural());
    names.put("shortNames", List.of(annotation.shortNames()));
    names.put("singular", kind.kind().toLowerCase(Locale.ROOT));
    return names;
  }

  private static Map<String, Object> version(
      Kind<?> kind, CustomResource annotation, String version) {
    Map<String, Object> out = new LinkedHashMap<>();
    List<Object> columns = new ArrayList<>();
    for (CustomResource.Column column : annotation.columns()) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("name", column.name());
      each.put("type", column.type());
      each.put("description", column.description());
      each.put("jsonPath", column.path());
      columns.add(each);
    }
    if (!columns.isEmpty()) {
      out.put("additionalPrinterColumns", columns);
    }
    out.put("name", version);
    out.put("served", true);
    out.put("storage", version.equals(kind.versions().getFirst()));
    out.put("subresources", Map.of("status", Map.of()));
    out.put("schema", Map.of("openAPIV3Schema", root(kind, annotation)));
    return out;
  }

  private static Map<String, Object> root(Kind<?> kind, CustomResource annotation) {
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("spec", object(kind.type(), annotation.value()));
    properties.put("status", StatusSchema.schema());
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("type", "object");
    if (kind.specRequired()) {
      root.put("required", List.of("spec"));
    }
    root.put("properties", properties);
    return root;
  }

  /** The schema of a record. */
  static Map<String, Object> object(Class<?> type, String description) {
    Shape shape = Shape.of(type);
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "object");
    if (!description.isEmpty()) {
      out.put("description", description);
    }
    Map<String, Object> properties = new TreeMap<>();
    List<String> required = new ArrayList<>();
    for (Shape.Member member : shape.members().values()) {
      properties.put(member.name(), member(member));
      if (member.field().required()) {
        required.add(member.name());
      }
    }
    out.put("properties", properties);
    if (!required.isEmpty()) {
      required.sort(null);
      out.put("required", required);
    }
    alternatives(shape, out);
    rules(shape.rules(), out);
    return out;
  }

  private static void alternatives(Shape shape, Map<String, Object> out) {
    List<Map<String, Object>> groups = new ArrayList<>();
    for (List<String> group : shape.alternatives()) {
      List<Object> each = new ArrayList<>();
      for (String name : group) {
        each.add(Map.of("required", List.of(name)));
      }
      List<Object> oneOf = new ArrayList<>();
      oneOf.add(Map.of("not", Map.of("anyOf", each)));
      for (String name : group) {
        oneOf.add(Map.of("required", List.of(name)));
      }
      groups.add(Map.of("oneOf", oneOf));
    }
    if (groups.size() == 1) {
      out.putAll(groups.getFirst());
    } else if (groups.size() > 1) {
      out.put("allOf", groups);
    }
  }

  private static void rules(List<Rule> rules, Map<String, Object> out) {
    if (rules.isEmpty()) {
      return;
    }
    List<Object> all = new ArrayList<>();
    for (Rule rule : rules) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("message", rule.message());
      each.put("rule", rule.cel());
      all.add(each);
    }
    out.put("x-kubernetes-validations", all);
  }

  private static Map<String, Object> member(Shape.Member member) {
    Field field = member.field();
    Class<?> raw = raw(member.type());
    Map<String, Object> out;
    if (raw == List.class || raw == Map.class) {
      out = container(raw, (ParameterizedType) member.type(), field);
    } else if (raw.isRecord()) {
      out = object(raw, field.value());
    } else {
      out = scalar(raw, field);
      put(out, "maxLength", field.maxLength());
      put(out, "minLength", field.minLength());
      if (!field.pattern().isEmpty()) {
        out.put("pattern", field.pattern());
      }
    }
    if (!out.containsKey("description")) {
      out.put("description", field.value());
    }
    if (field.nullable()) {
      out.put("nullable", true);
    }
    rules(List.of(field.rules()), out);
    return out;
  }

  private static Map<String, Object> container(Class<?> raw, ParameterizedType type, Field field) {
    boolean list = raw == List.class;
    Type inner = type.getActualTypeArguments()[list ? 0 : 1];
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", list ? "array" : "object");
    out.put("description", field.value());
    put(out, list ? "minItems" : "minProperties", field.minSize());
    put(out, list ? "maxItems" : "maxProperties", field.maxSize());
    Map<String, Object> item =
        raw(inner).isRecord() ? object(raw(inner), "") : scalar(raw(inner), field);
    put(item, "maxLength", field.itemMaxLength());
    put(item, "minLength", field.itemMinLength());
    if (field.itemMinimum() != Long.MIN_VALUE) {
      item.put("minimum", field.itemMinimum());
      item.put("maximum", field.itemMaximum());
      item.remove("format");
    }
    rules(List.of(field.itemRules()), item);
    out.put(list ? "items" : "additionalProperties", item);
    if (!field.listKey().isEmpty()) {
      out.put("x-kubernetes-list-map-keys", List.of(field.listKey()));
      out.put("x-kubernetes-list-type", "map");
    }
    return out;
  }

  private static Map<String, Object> scalar(Class<?> type, Field field) {
    Map<String, Object> out = new LinkedHashMap<>();
    if (type == String.class || type == Duration.class) {
      out.put("type", "string");
    } else if (type == Instant.class) {
      out.put("type", "string");
      out.put("format", "date-time");
    } else if (type == Boolean.class || type == boolean.class) {
      out.put("type", "boolean");
    } else if (type == Double.class) {
      out.put("type", "number");
      out.put("format", "double");
      range(field, out);
    } else if (type.isEnum()) {
      out.put("type", "string");
      out.put("enum", Arrays.stream(type.getEnumConstants()).map(Object::toString).toList());
    } else {
      integer(type, field, out);
    }
    if (!field.format().isEmpty()) {
      out.put("format", field.format());
    }
    return out;
  }

  private static void integer(Class<?> type, Field field, Map<String, Object> out) {
    out.put("type", "integer");
    if (field.unsigned()) {
      out.put("minimum", Math.max(0, field.minimum()));
      out.put("maximum", Math.min(UNSIGNED_MAX, field.maximum()));
    } else if (type == Long.class || field.minimum() != Long.MIN_VALUE) {
      range(field, out);
    } else {
      out.put("format", "int32");
    }
  }

  private static void range(Field field, Map<String, Object> out) {
    if (field.minimum() != Long.MIN_VALUE) {
      out.put("minimum", field.minimum());
    }
    if (field.maximum() != Long.MAX_VALUE) {
      out.put("maximum", field.maximum());
    }
  }

  private static void put(Map<String, Object> out, String name, int value) {
    if (value >= 0) {
      out.put(name, value);
    }
  }

  private static Class<?> raw(Type type) {
    return type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
  }
}
