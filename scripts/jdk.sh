# SPDX-License-Identifier: Apache-2.0
# Sourced by mvnw and flotilla: sets JAVA_HOME to a JDK 25 or newer, or ends with one sentence.
# Looked at in this order: JAVA_HOME, the java on PATH, the usual install folders.
flotilla_jdk_major() {
  [ -x "$1/bin/javac" ] && sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}
flotilla_jdk_fits() {
  major=$(flotilla_jdk_major "$1")
  [ -n "$major" ] && [ "$major" -ge 25 ]
}
flotilla_jdk_find() {
  on_path=$(command -v javac 2>/dev/null) && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for home in "$JAVA_HOME" "$on_path" /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [ -n "$home" ] && flotilla_jdk_fits "$home"; then
      JAVA_HOME=$home
      export JAVA_HOME
      return 0
    fi
  done
  return 1
}
flotilla_jdk_find || {
  echo "flotilla: no JDK 25 was found: install one (for example Temurin 25 from adoptium.net) and set JAVA_HOME to it." >&2
  exit 1
}
