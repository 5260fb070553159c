// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What istiod says and the model does not carry: nothing but what golden-losses.txt gives reasons
 * for.
 */
class GoldenLossTest {
  private final Map<String, String> lost = new TreeMap<>();

  @Test
  void losesNothingThatIstiodSaysWithoutAReason() throws IOException {
    Path folder = Golden.folder();
    assumeTrue(folder != null, "flotilla.corpus does not name the folder of xds-golden-istiod");
    for (Path scenario : scenarios(folder)) {
      for (List<Any> resources : Golden.scenario(scenario).values()) {
        for (Any resource : resources) {
          if (understood(resource) instanceof Object model) {
            Message before = GoldenDecodeTest.unpack(resource);
            Message after = GoldenDecodeTest.encode(model);
            compare(before, after, before.getDescriptorForType().getName());
          }
        }
      }
    }

    Set<String> reasons = reasons();
    assertThat(lost.keySet()).as(lost.toString()).isSubsetOf(reasons);
    assertThat(reasons).as("reasons that are needed no more").isSubsetOf(lost.keySet());
  }

  private static List<Path> scenarios(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isDirectory).sorted().toList();
    }
  }

  // What is refused by name is GoldenDecodeTest's to judge.
  private static @Nullable Object understood(Any resource) {
    try {
      return Decoded.of("", resource);
    } catch (ResourceError e) {
      return null;
    }
  }

  private static Set<String> reasons() throws IOException {
    try (InputStream in = GoldenLossTest.class.getResourceAsStream("golden-losses.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .map(l -> l.substring(0, l.indexOf(' ')))
          .collect(Collectors.toSet());
    }
  }

  private void compare(Message before, Message after, String path) {
    if (before instanceof Any a && after instanceof Any b) {
      any(a, b, path);
      return;
    }
    if (before instanceof Struct a && after instanceof Struct b) {
      if (!Structs.toMap(a).equals(Structs.toMap(b))) {
        lost.putIfAbsent(path, Structs.toMap(a) + " became " + Structs.toMap(b));
      }
      return;
    }
    for (Map.Entry<FieldDescriptor, Object> each : before.getAllFields().entrySet()) {
      field(each.getKey(), each.getValue(), after, path + "." + each.getKey().getName());
    }
  }

  private void any(Any a, Any b, String path) {
    String type = a.getTypeUrl().substring(a.getTypeUrl().lastIndexOf('.') + 1);
    if (!a.getTypeUrl().equals(b.getTypeUrl())) {
      lost.putIfAbsent(path + "<" + type + ">", "became " + b.getTypeUrl());
    } else if (!a.getValue().equals(b.getValue())) {
      try {
        compare(GoldenDecodeTest.unpack(a), GoldenDecodeTest.unpack(b), path + "<" + type + ">");
      } catch (IllegalStateException e) {
        // Of Istio's own types there are no classes to compare by.
        assertThat(a.getTypeUrl()).contains("istio");
      }
    }
  }

  private void field(FieldDescriptor f, Object was, Message after, String at) {
    Object is = after.getField(f);
    boolean messages = f.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    if (f.isRepeated()) {
      List<?> a = (List<?>) was;
      List<?> b = (List<?>) is;
      if (a.size() != b.size()) {
        lost.putIfAbsent(at, a.size() + " became " + b.size());
      } else if (messages) {
        for (int i = 0; i < a.size(); i++) {
          compare((Message) a.get(i), (Message) b.get(i), at);
        }
      } else if (!a.equals(b)) {
        lost.putIfAbsent(at, a + " became " + b);
      }
    } else if (messages) {
      if (after.hasField(f)) {
        compare((Message) was, (Message) is, at);
      } else {
        lost.putIfAbsent(at, String.valueOf(was).strip());
      }
    } else if (!was.equals(is)) {
      lost.putIfAbsent(at, was + " became " + is);
    }
  }
}
