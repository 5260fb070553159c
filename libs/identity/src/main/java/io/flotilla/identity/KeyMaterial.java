// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.jspecify.annotations.Nullable;

/**
 * A private key and its public half. The private half leaves only by {@link #privateKey} and {@link
 * #toPem}; {@code toString} tells the kind of key and nothing else.
 */
public final class KeyMaterial {
  private final PrivateKey privateKey;
  private final PublicKey publicKey;

  private KeyMaterial(PrivateKey privateKey, PublicKey publicKey) {
    AcceptableKey.objection(publicKey)
        .ifPresent(
            why -> {
              throw new InvalidIdentityException("The key " + why);
            });
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** A new key on P-256, what the mesh uses. */
  public static KeyMaterial p256() {
    return generate("EC", new ECGenParameterSpec("secp256r1"), 0);
  }

  /**
   * A new RSA key, for peers that need one.
   *
   * @param bits 2048 to 8192
   */
  public static KeyMaterial rsa(int bits) {
    if (bits < 2048 || bits > 8192) {
      throw new InvalidIdentityException(
          "An RSA key must have 2048 to 8192 bits, but " + bits + " were asked for");
    }
    return generate("RSA", null, bits);
  }

  /**
   * Reads a private key: PKCS#8 ("PRIVATE KEY"), SEC 1 ("EC PRIVATE KEY") or PKCS#1 ("RSA PRIVATE
   * KEY").
   *
   * @param publicKey its public half, usually from its certificate
   * @param what the object, as a message should name it
   * @throws InvalidIdentityException if there is no key, or it does not belong to the public half
   */
  public static KeyMaterial parse(String pem, PublicKey publicKey, String what) {
    for (Pem.Block block : Pem.blocks(pem, what)) {
      if (block.label().endsWith("PRIVATE KEY")) {
        KeyMaterial key = new KeyMaterial(privateKey(block, publicKey, what), publicKey);
        if (!key.halvesBelongTogether()) {
          throw new InvalidIdentityException(
              "The private key in the " + what + " does not belong to its certificate");
        }
        return key;
      }
    }
    throw new InvalidIdentityException("The " + what + " holds no PRIVATE KEY block");
  }

  /** The private half. */
  public PrivateKey privateKey() {
    return privateKey;
  }

  /** The public half. */
  public PublicKey publicKey() {
    return publicKey;
  }

  /** The private half as PKCS#8 text, for memory and for files of mode 0600. */
  public String toPem() {
    return Pem.encode(privateKey);
  }

  /** How this key signs certificates and requests, by the JDK's name: "SHA256withECDSA". */
  String signatureAlgorithm() {
    if (publicKey instanceof ECPublicKey ec) {
      return switch (AcceptableKey.curve(ec).orElse("")) {
        case "secp384r1" -> "SHA384withECDSA";
        case "secp521r1" -> "SHA512withECDSA";
        default -> "SHA256withECDSA";
      };
    }
    return "SHA256withRSA";
  }

  @Override
  public String toString() {
    return "KeyMaterial[" + publicKey.getAlgorithm() + "]";
  }

  private static KeyMaterial generate(
      String algorithm, @Nullable AlgorithmParameterSpec parameters, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (parameters == null) {
        generator.initialize(bits, new SecureRandom());
      } else {
        generator.initialize(parameters, new SecureRandom());
      }
      var pair = generator.generateKeyPair();
      return new KeyMaterial(pair.getPrivate(), pair.getPublic());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "This Java runtime cannot make " + algorithm + " keys: " + e.getMessage(), e);
    }
  }

  private static PrivateKey privateKey(Pem.Block block, PublicKey publicKey, String what) {
    try {
      byte[] pkcs8 =
          switch (block.label()) {
            case "PRIVATE KEY" -> block.der();
            case "EC PRIVATE KEY" -> fromSec1(block.der(), publicKey);
            case "RSA PRIVATE KEY" -> fromPkcs1(block.der());
            default ->
                throw new InvalidIdentityException(
                    "The "
                        + what
                        + " is of the kind "
                        + Excerpt.of(block.label())
                        + ", which is not supported: use an unencrypted PKCS#8 key");
          };
      return KeyFactory.getInstance(publicKey.getAlgorithm())
          .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      if (e instanceof InvalidIdentityException known) {
        throw known;
      }
      // The cause's message may quote the key's bytes, so it is left out.
      throw new InvalidIdentityException("The private key in the " + what + " cannot be read");
    }
  }

  private static byte[] fromSec1(byte[] der, PublicKey publicKey) throws IOException {
    var curve =
        SubjectPublicKeyInfo.getInstance(publicKey.getEncoded()).getAlgorithm().getParameters();
    return new PrivateKeyInfo(
            new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve),
            ECPrivateKey.getInstance(ASN1Sequence.getInstance(der)))
        .getEncoded();
  }

  private static byte[] fromPkcs1(byte[] der) throws IOException {
    return new PrivateKeyInfo(
            new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption),
            RSAPrivateKey.getInstance(ASN1Sequence.getInstance(der)))
        .getEncoded();
  }

  private boolean halvesBelongTogether() {
    try {
      byte[] message = "probe".getBytes(StandardCharsets.US_ASCII);
      Signature signature = Signature.getInstance(signatureAlgorithm());
      signature.initSign(privateKey);
      signature.update(message);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(message);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
