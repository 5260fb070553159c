// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where things are: the checkout with what was built in it, and the folder {@code .flotilla} (or
 * {@code FLOTILLA_HOME}) that holds configuration and state of the meshes of this machine. Meshes
 * of different offsets have folders of their own.
 */
public record Home(Path checkout, Path data) {

  /** From the environment that the script {@code flotilla} sets. */
  public static Home of(Map<String, String> environment) {
    Path checkout = Path.of(environment.getOrDefault("FLOTILLA_CHECKOUT", "")).toAbsolutePath();
    String data = environment.get("FLOTILLA_HOME");
    return new Home(
        checkout, data == null ? checkout.resolve(".flotilla") : Path.of(data).toAbsolutePath());
  }

  /** The configuration directory of a mesh for which none was named. */
  public Path dir(int offset) {
    return data.resolve("mesh" + suffix(offset));
  }

  /** The state directory of the mesh of this offset. */
  public Path state(int offset) {
    return data.resolve("state" + suffix(offset));
  }

  /** The configuration that an empty directory starts with. */
  Path sample() {
    return checkout.resolve("samples/bookinfo/config");
  }

  /** The runnable jar of a Quarkus service, by its folder: "services/pilot". */
  Path quarkus(String module) {
    return built(checkout.resolve(module).resolve("target/quarkus-app/quarkus-run.jar"));
  }

  /** The runnable jar of a plain module. */
  Path jar(String module, String artifact) {
    return built(checkout.resolve(module).resolve("target/" + artifact + "-" + version() + ".jar"));
  }

  private static Path built(Path jar) {
    if (!Files.isRegularFile(jar)) {
      throw new MeshException(jar + " is missing: build it with ./mvnw package -DskipTests.");
    }
    return jar;
  }

  /** The version of this build. */
  public static String version() {
    String version = Home.class.getPackage().getImplementationVersion();
    return version == null ? "0.1.0-SNAPSHOT" : version;
  }

  private static String suffix(int offset) {
    return offset == 0 ? "" : "-" + offset;
  }
}
