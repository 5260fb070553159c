// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

/** How an answer is written. */
enum Output {
  text,
  json,
  yaml;

  /** Prints {@code answer} for programs, or lets {@code text} print it for people. */
  void print(Object answer, Runnable text) throws JsonProcessingException {
    switch (this) {
      case json ->
          System.out.println(
              new ObjectMapper()
                  .enable(SerializationFeature.INDENT_OUTPUT)
                  .writeValueAsString(answer));
      case yaml -> System.out.print(new YAMLMapper().writeValueAsString(answer));
      case text -> text.run();
    }
  }
}
