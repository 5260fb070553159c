// SPDX-License-Identifier: Apache-2.0
package io.flotilla.testkit.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;

/**
 * The package rules of docs/ARCHITECTURE.md, run by each module's {@code ArchitectureTest} over the
 * module's own compiled classes.
 */
public final class Architecture {
  /** Names that say nothing of the thing's role; the field's own terms are exempt. */
  private static final Set<String> EXEMPT_NAMES = Set.of("HttpConnectionManager");

  private final String root;
  private final JavaClasses classes;

  private Architecture(String root, JavaClasses classes) {
    this.root = root;
    this.classes = classes;
  }

  /**
   * The main classes of the module under test.
   *
   * @param root the module's package, "io.flotilla.model"
   */
  public static Architecture of(String root) {
    return new Architecture(root, new ClassFileImporter().importPath(Path.of("target", "classes")));
  }

  /** The rules of every module. */
  public Architecture everywhere() {
    classes()
        .that(areOurs())
        .should()
        .resideInAPackage(root + "..")
        .allowEmptyShould(true)
        .check(classes);
    noClasses()
        .that()
        .resideInAPackage(root + "..")
        .should()
        .dependOnClassesThat(internalToAnotherModule())
        .allowEmptyShould(true)
        .because("a package named internal belongs to its module")
        .check(classes);
    fields()
        .should()
        .notBeAnnotatedWith("jakarta.inject.Inject")
        .allowEmptyShould(true)
        .because("dependencies arrive by constructor")
        .check(classes);
    noClasses()
        .that()
        .resideInAPackage(root + "..")
        .and(areNotExempt())
        .should()
        .haveNameMatching(".*(Util|Utils|Manager|Helper|Impl)$")
        .allowEmptyShould(true)
        .because("a class is named after what it is")
        .check(classes);
    everyPackageIsNullMarked();
    return this;
  }

  /** No Netty, no Quarkus, no Kubernetes client, no Envoy class. */
  public Architecture pure() {
    return without("io.netty..", "io.quarkus..", "io.fabric8..", "io.envoyproxy..", "io.grpc..");
  }

  /** No class of these packages ("io.quarkus.."). */
  public Architecture without(String... packages) {
    noClasses()
        .that()
        .resideInAPackage(root + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .allowEmptyShould(true)
        .check(classes);
    return this;
  }

  private void everyPackageIsNullMarked() {
    Set<String> unmarked = new TreeSet<>();
    for (JavaClass each : classes) {
      boolean ours =
          each.getPackageName().equals(root) || each.getPackageName().startsWith(root + ".");
      if (ours && !each.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
        unmarked.add(each.getPackageName());
      }
    }
    Assertions.assertThat(unmarked)
        .as("packages without a package-info.java that says @NullMarked")
        .isEmpty();
  }

  private static DescribedPredicate<JavaClass> areOurs() {
    return DescribedPredicate.describe(
        "are ours", c -> c.getPackageName().startsWith("io.flotilla"));
  }

  private static DescribedPredicate<JavaClass> areNotExempt() {
    return DescribedPredicate.describe(
        "do not bear a name of the field", c -> !EXEMPT_NAMES.contains(c.getSimpleName()));
  }

  private DescribedPredicate<JavaClass> internalToAnotherModule() {
    return DescribedPredicate.describe(
        "are internal to another module",
        c ->
            c.getPackageName().startsWith("io.flotilla.")
                && c.getPackageName().contains(".internal")
                && !c.getPackageName().startsWith(root + "."));
  }
}
