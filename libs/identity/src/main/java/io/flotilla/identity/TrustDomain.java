// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

/**
 * The realm of one root of trust, "cluster.local". As the SPIFFE-ID specification, section 2.1,
 * says: lower-case letters, digits, dots, dashes and underscores, at most 255 of them.
 */
public record TrustDomain(String name) {
  private static final int LONGEST = 255;

  /** Istio's default. */
  public static final TrustDomain CLUSTER_LOCAL = new TrustDomain("cluster.local");

  public TrustDomain {
    if (name.isEmpty() || name.length() > LONGEST || !name.chars().allMatch(TrustDomain::allowed)) {
      throw new InvalidIdentityException(
          "The trust domain '"
              + Excerpt.of(name)
              + "' is not valid: use 1 to 255 lower-case letters, digits, dots, dashes or"
              + " underscores");
    }
  }

  private static boolean allowed(int c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  }

  @Override
  public String toString() {
    return name;
  }
}
