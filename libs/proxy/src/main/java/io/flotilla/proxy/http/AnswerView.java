// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.rules.RequestView;
import io.netty.handler.codec.http.HttpResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The headers of an answer, for rules that are written over those of requests. */
record AnswerView(HttpResponse answer) implements RequestView {
  @Override
  public String method() {
    return "";
  }

  @Override
  public String pathAndQuery() {
    return "";
  }

  @Override
  public String authority() {
    return "";
  }

  @Override
  public String scheme() {
    return "";
  }

  @Override
  public @Nullable String header(String name) {
    return name.equals(":status")
        ? Integer.toString(answer.status().code())
        : answer.headers().get(name);
  }

  @Override
  public List<String> headers(String name) {
    return name.equals(":status")
        ? List.of(Integer.toString(answer.status().code()))
        : answer.headers().getAll(name);
  }
}
