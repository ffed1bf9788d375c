/** The name of a sequence of bytes: its SHA-256 in 64 lower-case hexadecimal digits. */
import { z } from "zod";

export const Sha256 = z.string().regex(
  /^[0-9a-f]{64}$/,
  "expected 64 lower-case hexadecimal digits",
);
