/** Levels of agreement between two values. */
import { z } from "zod";

/** Levels of agreement, from the best to the worst. */
export const KnownAgreement = z.enum([
  /** The same bytes. */
  "identical",
  /** The same values in another encoding: +0 for -0, other white space. */
  "equal",
  /** Every value within the tolerance of its output. */
  "within",
  /** A metric whose difference lies within the spread of runs that differ in their seeds. */
  "consistent",
  "different",
  /** In one run alone: an output, or a part of one. It is a difference. */
  "missing",
]);
export type KnownAgreement = z.infer<typeof KnownAgreement>;

/** `unknown`: the bytes that would tell are not available, and the hashes are not the same. */
export const Agreement = z.enum([...KnownAgreement.options, "unknown"]);
export type Agreement = z.infer<typeof Agreement>;
