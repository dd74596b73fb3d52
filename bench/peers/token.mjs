// The same access token that Rawat issues and verifies: HS256, audience, expiry. Verified tokens are remembered, as the product does.
import { createVerifier } from "fast-jwt";

const verify = createVerifier({ key: process.env.SECRET_KEY, algorithms: ["HS256"], allowedAud: "rawat", cache: true });

/** The claims of an Authorization header, or null when it is worth nothing. */
export function claimsOf(header) {
  try {
    return verify(header.slice("Bearer ".length));
  } catch {
    return null;
  }
}
