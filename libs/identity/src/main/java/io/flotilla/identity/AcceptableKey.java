// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.List;
import java.util.Optional;

/** Which public keys the mesh accepts: NIST's P-256, P-384 and P-521, RSA of 2048 to 8192 bits. */
final class AcceptableKey {
  private static final int RSA_SMALLEST = 2048;
  // Verifying with a giant modulus would let a caller burn our processor.
  private static final int RSA_LARGEST = 8192;
  private static final int EXPONENT_BITS = 64;

  private AcceptableKey() {}

  /** Why the key is refused, as the end of a sentence; empty: it is accepted. */
  static Optional<String> objection(PublicKey key) {
    return switch (key) {
      case RSAPublicKey rsa -> objection(rsa);
      case ECPublicKey ec ->
          curve(ec).isPresent()
              ? Optional.empty()
              : Optional.of("lies on a curve other than P-256, P-384 and P-521");
      default ->
          Optional.of("is of type " + Excerpt.of(key.getAlgorithm()) + ", but must be EC or RSA");
    };
  }

  private static Optional<String> objection(RSAPublicKey rsa) {
    int bits = rsa.getModulus().bitLength();
    if (bits < RSA_SMALLEST || bits > RSA_LARGEST) {
      return Optional.of(
          "is an RSA key of "
              + bits
              + " bits, but must have "
              + RSA_SMALLEST
              + " to "
              + RSA_LARGEST);
    }
    BigInteger exponent = rsa.getPublicExponent();
    if (exponent.bitLength() > EXPONENT_BITS
        || exponent.compareTo(BigInteger.TWO) <= 0
        || !exponent.testBit(0)) {
      return Optional.of("is an RSA key with an unacceptable exponent");
    }
    return Optional.empty();
  }

  /** The standard name of the key's curve, if it is one of ours. */
  static Optional<String> curve(ECPublicKey key) {
    for (String name : List.of("secp256r1", "secp384r1", "secp521r1")) {
      ECParameterSpec known = parameters(name);
      ECParameterSpec has = key.getParams();
      if (known.getCurve().equals(has.getCurve())
          && known.getGenerator().equals(has.getGenerator())
          && known.getOrder().equals(has.getOrder())) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  static ECParameterSpec parameters(String curve) {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(curve));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java runtime lacks the curve " + curve, e);
    }
  }
}
