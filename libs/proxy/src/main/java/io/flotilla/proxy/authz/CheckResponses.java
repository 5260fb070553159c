// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import io.flotilla.model.route.HeaderEdits.Mode;
import io.flotilla.proxy.wire.ProtoReader;
import io.flotilla.proxy.wire.Structs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads envoy.service.auth.v3.CheckResponse. */
final class CheckResponses {
  private static final int MOST = 1000;
  private static final int FORBIDDEN = 403;

  private CheckResponses() {}

  private static final class Parts {
    final List<Mutation> headers = new ArrayList<>();
    final List<Mutation> answer = new ArrayList<>();
    final List<String> removed = new ArrayList<>();
    final List<Verdict.Parameter> parameters = new ArrayList<>();
    final List<String> removedParameters = new ArrayList<>();
    int status = FORBIDDEN;
    String body = "";
    Map<String, Object> metadata = Map.of();

    void bound(List<?> list) throws IOException {
      if (list.size() > MOST) {
        throw new IOException("an authorization service wants more than " + MOST + " changes");
      }
    }
  }

  /** What it says; one that is malformed is a failure. */
  static Verdict read(byte[] message) {
    try {
      return parse(new ProtoReader(message));
    } catch (IOException e) {
      return new Verdict.Failed();
    }
  }

  private static Verdict parse(ProtoReader in) throws IOException {
    long code = 0;
    Map<String, Object> metadata = Map.of();
    Parts denied = new Parts();
    Parts ok = new Parts();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> code = code(in.message());
        case 2 -> denied(in.message(), denied);
        case 3 -> ok(in.message(), ok);
        case 4 -> metadata = Structs.read(in.bytes());
        default -> {}
      }
    }
    if (code != 0) {
      return new Verdict.Denied(denied.status, denied.headers, denied.body, metadata);
    }
    return new Verdict.Allowed(
        ok.headers,
        ok.removed,
        ok.answer,
        ok.parameters,
        ok.removedParameters,
        metadata.isEmpty() ? ok.metadata : metadata);
  }

  private static long code(ProtoReader status) throws IOException {
    long code = 0;
    while (status.next()) {
      if (status.field() == 1) {
        code = status.number();
      }
    }
    return code;
  }

  private static void denied(ProtoReader in, Parts out) throws IOException {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          long status = code(in.message());
          // What is no status of an answer cannot be sent.
          if (status >= 200 && status <= 599) {
            out.status = (int) status;
          }
        }
        case 2 -> {
          out.headers.add(header(in.message(), true));
          out.bound(out.headers);
        }
        case 3 -> out.body = in.text();
        default -> {}
      }
    }
  }

  private static void ok(ProtoReader in, Parts out) throws IOException {
    while (in.next()) {
      switch (in.field()) {
        case 2 -> {
          out.headers.add(header(in.message(), true));
          out.bound(out.headers);
        }
        case 3 -> out.metadata = Structs.read(in.bytes());
        case 5 -> {
          out.removed.add(in.text());
          out.bound(out.removed);
        }
        case 6 -> {
          out.answer.add(header(in.message(), false));
          out.bound(out.answer);
        }
        case 7 -> {
          out.parameters.add(parameter(in.message()));
          out.bound(out.parameters);
        }
        case 8 -> {
          out.removedParameters.add(in.text());
          out.bound(out.removedParameters);
        }
        default -> {}
      }
    }
  }

  // HeaderValueOption; `plain`: the older field alone counts, as in Envoy.
  private static Mutation header(ProtoReader in, boolean plain) throws IOException {
    String name = "";
    String value = "";
    Boolean append = null;
    long action = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          ProtoReader header = in.message();
          while (header.next()) {
            switch (header.field()) {
              case 1 -> name = header.text();
              case 2 -> value = header.latin1();
              case 3 -> {
                String raw = header.latin1();
                value = raw.isEmpty() ? value : raw;
              }
              default -> {}
            }
          }
        }
        case 2 -> append = in.boolValue();
        case 3 -> action = in.number();
        default -> {}
      }
    }
    return new Mutation(name, value, mode(plain, append, action));
  }

  private static Mode mode(boolean plain, @Nullable Boolean append, long action) {
    if (append != null || plain) {
      return Boolean.TRUE.equals(append) ? Mode.APPEND : Mode.OVERWRITE;
    }
    return switch ((int) action) {
      case 1 -> Mode.ADD_IF_ABSENT;
      case 2 -> Mode.OVERWRITE;
      case 3 -> Mode.OVERWRITE_IF_PRESENT;
      default -> Mode.APPEND;
    };
  }

  private static Verdict.Parameter parameter(ProtoReader in) throws IOException {
    String name = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> value = in.text();
        default -> {}
      }
    }
    return new Verdict.Parameter(name, value);
  }
}
