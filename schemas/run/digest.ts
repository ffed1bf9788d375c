/** Names sequences of bytes by their digests: artifacts by SHA-256, and npm packages by SHA-512 as npm does. */
import { z } from "zod";

/** SHA-256 in 64 lower-case hexadecimal digits. */
export const Sha256 = z.string().regex(
  /^[0-9a-f]{64}$/,
  "expected 64 lower-case hexadecimal digits",
);

/** SHA-512 of a package's archive in the form that npm publishes and `deno.lock` has: base64 after `sha512-`. */
export const Integrity = z.string().regex(
  /^sha512-[A-Za-z0-9+/]{85}[AQgw]==$/,
  "expected sha512- and the 88 characters of a SHA-512 in base64",
);
