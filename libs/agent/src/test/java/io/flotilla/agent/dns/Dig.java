// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** BIND's dig, asking one server. */
record Dig(InetSocketAddress server) {
  private static final Pattern STATUS = Pattern.compile("status: (\\w+)");
  private static final Pattern FLAGS = Pattern.compile("flags: ([a-z ]+);");

  /** Whether there is one on this machine. */
  static boolean isThere() {
    try {
      return run(List.of("dig", "-v")).contains("DiG");
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * What dig understood.
   *
   * @param answers "name ttl class type data", names as they came
   */
  record Answer(String status, List<String> flags, List<String> answers, String text) {
    /** The data of the records of a type. */
    List<String> data(String type) {
      return answers.stream()
          .map(line -> line.split(" ", 5))
          .filter(parts -> parts[3].equals(type))
          .map(parts -> parts[4])
          .toList();
    }
  }

  /** {@code dig QUESTION...}, without retries. */
  Answer ask(String... question) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("dig", "@" + server.getAddress().getHostAddress()));
    command.addAll(List.of("-p", String.valueOf(server.getPort()), "+tries=1", "+time=60"));
    command.addAll(Arrays.asList(question));
    String text = run(command);
    Matcher status = STATUS.matcher(text);
    Matcher flags = FLAGS.matcher(text);
    assertThat(status.find() && flags.find()).as(text).isTrue();
    List<String> answers = new ArrayList<>();
    boolean inside = false;
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith(";")) {
        inside = line.startsWith(";; ANSWER SECTION");
      } else if (inside) {
        answers.add(String.join(" ", line.split("\\s+", 5)));
      }
    }
    return new Answer(status.group(1), List.of(flags.group(1).strip().split(" ")), answers, text);
  }

  private static String run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return text;
  }
}
