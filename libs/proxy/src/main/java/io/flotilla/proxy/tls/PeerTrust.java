// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tls;

import io.flotilla.model.match.StringMatch;
import io.flotilla.rules.match.CompiledMatch;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Trusts a chain that ends in a known root and whose leaf bears one of the names wanted. */
final class PeerTrust implements X509TrustManager {
  private final @Nullable X509TrustManager roots;
  private final List<StringMatch> names;
  private final List<Predicate<String>> compiled;

  /**
   * @param roots null: any chain is accepted
   * @param names one must match a SAN of the leaf; empty: any
   */
  PeerTrust(@Nullable X509TrustManager roots, List<StringMatch> names) {
    this.roots = roots;
    this.names = names;
    this.compiled = names.stream().map(CompiledMatch::of).toList();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    if (roots != null) {
      roots.checkClientTrusted(chain, authType);
    }
    checkNames(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    if (roots != null) {
      roots.checkServerTrusted(chain, authType);
    }
    checkNames(chain[0]);
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
