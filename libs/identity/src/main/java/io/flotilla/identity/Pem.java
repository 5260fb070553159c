// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.io.ByteArrayInputStream;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The textual form of keys and certificates (RFC 7468). Reading is bounded: a text of more than
 * {@value #LONGEST} characters or {@value #MOST_BLOCKS} blocks is refused.
 */
public final class Pem {
  /** The longest text that is read. */
  public static final int LONGEST = 1 << 20;

  /** The most blocks that are read from one text. */
  public static final int MOST_BLOCKS = 512;

  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";
  private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private Pem() {}

  /**
   * One block.
   *
   * @param label "CERTIFICATE", "PRIVATE KEY", ...
   */
  record Block(String label, byte[] der) {
    @Override
    public String toString() {
      return "Block[" + label + "]";
    }
  }

  /**
   * The certificates of a text, in order; blocks of other kinds are passed over.
   *
   * @param what the object, as a message should name it ("root certificate file root-cert.pem")
   * @throws InvalidIdentityException if there is none or one cannot be read
   */
  public static List<X509Certificate> certificates(String text, String what) {
    List<X509Certificate> found = new ArrayList<>();
    for (Block block : blocks(text, what)) {
      if (block.label().equals("CERTIFICATE")) {
        found.add(certificate(block.der(), what));
      }
    }
    if (found.isEmpty()) {
      throw new InvalidIdentityException("The " + what + " holds no CERTIFICATE block");
    }
    return List.copyOf(found);
  }

  /** The text of certificates, in order. */
  public static String encode(List<X509Certificate> certificates) {
    StringBuilder text = new StringBuilder();
    certificates.forEach(each -> text.append(encode(each)));
    return text.toString();
  }

  /** The text of a certificate. */
  public static String encode(X509Certificate certificate) {
    try {
      return encode("CERTIFICATE", certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new InvalidIdentityException("The certificate cannot be encoded", e);
    }
  }

  /** The PKCS#8 text of a key: to be written only to files of mode 0600 and to memory. */
  static String encode(PrivateKey key) {
    return encode("PRIVATE KEY", key.getEncoded());
  }

  static String encode(String label, byte[] der) {
    return BEGIN
        + label
        + DASHES
        + "\n"
        + BASE64.encodeToString(der)
        + "\n"
        + END
        + label
        + DASHES
        + "\n";
  }

  static X509Certificate certificate(byte[] der, String what) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new InvalidIdentityException(
          "The " + what + " holds a certificate that cannot be read", e);
    }
  }

  /** The blocks of a text, in order. What lies between them (comments) is passed over. */
  static List<Block> blocks(String text, String what) {
    if (text.length() > LONGEST) {
      throw new InvalidIdentityException(
          "The " + what + " is longer than " + LONGEST + " characters");
    }
    List<Block> found = new ArrayList<>();
    int at = text.indexOf(BEGIN);
    while (at >= 0) {
      int labelEnd = text.indexOf(DASHES, at + BEGIN.length());
      String label = labelEnd < 0 ? "" : text.substring(at + BEGIN.length(), labelEnd);
      String end = END + label + DASHES;
      int bodyEnd = labelEnd < 0 ? -1 : text.indexOf(end, labelEnd);
      if (bodyEnd < 0 || label.indexOf('\n') >= 0) {
        throw new InvalidIdentityException("The " + what + " holds a PEM block without an end");
      }
      if (found.size() == MOST_BLOCKS) {
        throw new InvalidIdentityException(
            "The " + what + " holds more than " + MOST_BLOCKS + " PEM blocks");
      }
      try {
        String body = text.substring(labelEnd + DASHES.length(), bodyEnd);
        found.add(new Block(label, Base64.getDecoder().decode(withoutSpace(body))));
      } catch (IllegalArgumentException e) {
        throw new InvalidIdentityException(
            "The " + what + " holds a PEM block that is not base64", e);
      }
      at = text.indexOf(BEGIN, bodyEnd + end.length());
    }
    return found;
  }

  private static String withoutSpace(String body) {
    StringBuilder kept = new StringBuilder(body.length());
    for (int i = 0; i < body.length(); i++) {
      if (!Character.isWhitespace(body.charAt(i))) {
        kept.append(body.charAt(i));
      }
    }
    return kept.toString();
  }
}
