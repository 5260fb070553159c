// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Adds up the test results of a build. Usage: {@code java scripts/TestReport.java SINCE_MILLIS
 * [--strict]}: counts every report written since that moment, prints what was skipped and why, then
 * one line "N passed, N failed, N skipped". With {@code --strict} a skipped test that {@code
 * conformance/skips.txt} does not list is a failure.
 */
public final class TestReport {
  private record Skip(String test, String reason) {}

  public static void main(String[] args) throws Exception {
    long since = Long.parseLong(args[0]);
    boolean strict = args.length > 1 && args[1].equals("--strict");
    Path root = Path.of("").toAbsolutePath();
    int passed = 0;
    int failed = 0;
    List<Skip> skips = new ArrayList<>();
    Map<String, Integer> perModule = new TreeMap<>();
    for (Path report : reports(root, since)) {
      Element suite =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(report.toFile())
              .getDocumentElement();
      NodeList cases = suite.getElementsByTagName("testcase");
      String module = root.relativize(report).toString().replaceAll("/?target/.*", "");
      for (int i = 0; i < cases.getLength(); i++) {
        Element test = (Element) cases.item(i);
        String name = test.getAttribute("classname") + "#" + test.getAttribute("name");
        if (test.getElementsByTagName("skipped").getLength() > 0) {
          Element skipped = (Element) test.getElementsByTagName("skipped").item(0);
          skips.add(new Skip(name, skipped.getAttribute("message")));
        } else if (test.getElementsByTagName("failure").getLength() > 0
            || test.getElementsByTagName("error").getLength() > 0) {
          failed++;
          System.out.println("failed: " + name);
        } else {
          passed++;
          perModule.merge(module, 1, Integer::sum);
        }
      }
    }
    perModule.forEach((module, n) -> System.out.printf("%6d passed in %s%n", n, module));
    Map<String, String> allowed = allowedSkips(root);
    int unlisted = 0;
    for (Skip skip : skips) {
      boolean listed =
          allowed.keySet().stream().anyMatch(prefix -> skip.test().startsWith(prefix));
      System.out.println(
          "skipped" + (listed ? "" : " (not in conformance/skips.txt)") + ": " + skip.test()
              + ": " + skip.reason());
      if (!listed) {
        unlisted++;
      }
    }
    if (strict) {
      failed += unlisted;
    }
    System.out.println(passed + " passed, " + failed + " failed, " + skips.size() + " skipped");
    System.exit(failed > 0 ? 1 : 0);
  }

  private static List<Path> reports(Path root, long since) throws IOException {
    try (Stream<Path> files = Files.find(root, 8, (p, a) -> isReport(p) && isSince(a.lastModifiedTime(), since))) {
      return files.sorted().toList();
    }
  }

  private static boolean isReport(Path path) {
    String parent = path.getParent() == null ? "" : path.getParent().getFileName().toString();
    String name = path.getFileName().toString();
    return (parent.equals("surefire-reports") || parent.equals("failsafe-reports"))
        && name.startsWith("TEST-")
        && name.endsWith(".xml");
  }

  private static boolean isSince(FileTime time, long since) {
    return time.toMillis() >= since;
  }

  private static Map<String, String> allowedSkips(Path root) throws IOException {
    Map<String, String> allowed = new HashMap<>();
    Path file = root.resolve("conformance/skips.txt");
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        String[] parts = line.split("\\s+", 2);
        if (!line.startsWith("#") && parts.length == 2) {
          allowed.put(parts[0], parts[1]);
        }
      }
    }
    return allowed;
  }
}
