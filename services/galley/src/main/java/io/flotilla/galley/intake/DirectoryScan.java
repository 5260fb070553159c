// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.intake;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One look through the directory.
 *
 * @param folders the folders that must be watched, the directory itself included, each with the
 *     file system's own name of it
 * @param files the signature of every file of configuration, by relative name
 * @param broken what cannot be looked at, by relative name: a sentence
 * @param truncated whether there were more files than the limit
 */
record DirectoryScan(
    Map<Path, Object> folders,
    Map<String, FileSignature> files,
    Map<String, String> broken,
    boolean truncated) {
  private static final int DEPTH = 16;

  /** Looks through the directory; links are followed. */
  static DirectoryScan of(Path directory, int maxFiles) throws IOException {
    Visitor visitor = new Visitor(directory, maxFiles);
    Files.walkFileTree(directory, EnumSet.of(FileVisitOption.FOLLOW_LINKS), DEPTH, visitor);
    return new DirectoryScan(visitor.folders, visitor.files, visitor.broken, visitor.truncated);
  }

  private static boolean isConfiguration(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !isHidden(file)
        && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"));
  }

  // Editors and ConfigMap volumes keep their own business in hidden names.
  private static boolean isHidden(Path path) {
    return path.getFileName().toString().startsWith(".");
  }

  private static final class Visitor extends SimpleFileVisitor<Path> {
    private final Path root;
    private final int maxFiles;
    private final Map<Path, Object> folders = new LinkedHashMap<>();
    private final Map<String, FileSignature> files = new TreeMap<>();
    private final Map<String, String> broken = new TreeMap<>();
    private boolean truncated;

    Visitor(Path root, int maxFiles) {
      this.root = root;
      this.maxFiles = maxFiles;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      if (!folder.equals(root) && isHidden(folder)) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      folders.put(folder, String.valueOf(attributes.fileKey()));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (!isConfiguration(file)) {
        return FileVisitResult.CONTINUE;
      }
      if (files.size() >= maxFiles) {
        truncated = true;
        return FileVisitResult.TERMINATE;
      }
      if (attributes.isRegularFile()) {
        files.put(name(file), FileSignature.of(attributes));
      } else if (attributes.isSymbolicLink()) {
        files.put(name(file), FileSignature.BROKEN);
        broken.put(name(file), "the symbolic link leads to nothing: correct it, or remove it");
      } else {
        broken.put(name(file), "it is not a file: remove it");
        files.put(name(file), FileSignature.BROKEN);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException reason) throws IOException {
      if (file.equals(root)) {
        throw reason;
      }
      if (isHidden(file) || reason instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      files.put(name(file), FileSignature.BROKEN);
      broken.put(
          name(file),
          reason instanceof FileSystemLoopException
              ? "the symbolic link leads back to a folder that it is in, so it is not followed:"
                  + " remove it"
              : "it cannot be read ("
                  + reason.getClass().getSimpleName()
                  + "): make it readable for Galley, or remove it");
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException reason) {
      return FileVisitResult.CONTINUE;
    }

    private String name(Path file) {
      return root.relativize(file).toString().replace('\\', '/');
    }
  }
}
