// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows whatever {@link Svid} is current when a TLS handshake asks, so that a renewed certificate
 * is used at once and no connection is dropped for it. The root at the end of a chain is not sent.
 */
public final class RotatingKeys extends X509ExtendedKeyManager {
  private static final int REMEMBERED = 8;

  private final Supplier<Svid> current;
  // One handshake asks for alias, chain and key by separate calls; a renewal between them must not
  // pair a new chain with an old key, so an alias is one svid's serial number.
  private final LinkedHashMap<String, Svid> byAlias =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Svid> eldest) {
          return size() > REMEMBERED;
        }
      };

  public RotatingKeys(Supplier<Svid> current) {
    this.current = current;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    return alias(keyTypes);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
    return alias(keyTypes);
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType);
  }

  @Override
  public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    Svid svid = find(alias);
    return svid == null ? null : svid.presented().toArray(new X509Certificate[0]);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    Svid svid = find(alias);
    return svid == null ? null : svid.key().privateKey();
  }

  private String[] aliases(String keyType) {
    String alias = alias(keyType);
    return alias == null ? new String[0] : new String[] {alias};
  }

  private @Nullable String alias(String... keyTypes) {
    Svid svid = current.get();
    String has = svid.key().publicKey().getAlgorithm();
    for (String wanted : keyTypes) {
      if (wanted.equals(has) || wanted.startsWith(has + "_")) {
        String alias = svid.leaf().getSerialNumber().toString(16);
        synchronized (byAlias) {
          byAlias.put(alias, svid);
        }
        return alias;
      }
    }
    return null;
  }

  private @Nullable Svid find(String alias) {
    synchronized (byAlias) {
      return byAlias.get(alias);
    }
  }
}
