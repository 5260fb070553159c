// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tls;

import io.flotilla.model.match.StringMatch;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.rules.match.CompiledMatch;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Trusts a chain that ends in a known root and whose leaf bears one of the names wanted. */
final class PeerTrust implements X509TrustManager {
  private final @Nullable X509TrustManager roots;
  private final List<StringMatch> names;
  private final List<Predicate<String>> compiled;
  private final Set<String> certificateHashes;
  private final Set<String> keyHashes;

  /**
   * @param roots null: any chain is accepted
   * @param wanted which names and hashes the leaf must have; empty: any
   */
  PeerTrust(@Nullable X509TrustManager roots, Optional<PeerValidation> wanted) {
    this.roots = roots;
    this.names =
        roots == null ? List.of() : wanted.map(PeerValidation::subjectAltNames).orElse(List.of());
    this.certificateHashes =
        wanted.map(PeerValidation::certificateHashes).orElse(Set.of()).stream()
            .map(hash -> hash.replace(":", "").toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    this.keyHashes = wanted.map(PeerValidation::keyHashes).orElse(Set.of());
    this.compiled = names.stream().map(CompiledMatch::of).toList();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    if (roots != null) {
      roots.checkClientTrusted(chain, authType);
    }
    checkHashes(chain[0]);
    checkNames(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    if (roots != null) {
      roots.checkServerTrusted(chain, authType);
    }
    checkHashes(chain[0]);
    checkNames(chain[0]);
  }

  private void checkHashes(X509Certificate leaf) throws CertificateException {
    if (certificateHashes.isEmpty() && keyHashes.isEmpty()) {
      return;
    }
    String certificate = HexFormat.of().formatHex(sha256(leaf.getEncoded()));
    String key = Base64.getEncoder().encodeToString(sha256(leaf.getPublicKey().getEncoded()));
    if (!certificateHashes.contains(certificate) && !keyHashes.contains(key)) {
      throw new CertificateException(
          "the peer's certificate is none of those whose hashes are accepted; its SHA-256 is "
              + certificate);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  private void checkNames(X509Certificate leaf) throws CertificateException {
    if (compiled.isEmpty()) {
      return;
    }
    List<String> theirs = subjectAltNames(leaf);
    for (String name : theirs) {
      for (int i = 0; i < compiled.size(); i++) {
        if (compiled.get(i).test(name) || covers(name, names.get(i))) {
          return;
        }
      }
    }
    throw new CertificateException(
        "the peer's certificate is for " + theirs + ", which is none of " + names);
  }

  /** Whether a wildcard name stands for the one wanted: for one label (RFC 6125, section 6.4.3). */
  private static boolean covers(String name, StringMatch wanted) {
    return name.startsWith("*.")
        && wanted instanceof StringMatch.Exact(String exact, boolean ignoreCase)
        && exact.indexOf('.') > 0
        && exact.substring(exact.indexOf('.')).equalsIgnoreCase(name.substring(1));
  }

  /** URIs, DNS names and addresses. */
  static List<String> subjectAltNames(X509Certificate leaf) throws CertificateException {
    List<String> out = new ArrayList<>();
    var sans = leaf.getSubjectAlternativeNames();
    if (sans != null) {
      for (List<?> san : sans) {
        if (san.get(1) instanceof String text) {
          out.add(text);
        }
      }
    }
    return out;
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return roots == null ? new X509Certificate[0] : roots.getAcceptedIssuers();
  }
}
