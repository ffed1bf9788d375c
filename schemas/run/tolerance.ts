/**
 * The tolerance of an output: how far two values may differ and still agree. The output declares it and the
 * manifest records it, where comparisons read it.
 */
import { z } from "zod";

/** |a - b| <= absolute + relative·max(|a|, |b|), number by number: the same from either side. */
export const Bounds = z.strictObject({
  absolute: z.number().nonnegative(),
  relative: z.number().nonnegative(),
});
export type Bounds = z.infer<typeof Bounds>;

export const Tolerance = z.discriminatedUnion("kind", [
  /** The same bytes. */
  z.strictObject({ kind: z.literal("exact") }),
  z.strictObject({
    kind: z.literal("close"),
    ...Bounds.shape,
    /**
     * For JSON: bounds for the places that a pattern names, and all places below. A pattern is a JSON
     * Pointer (RFC 6901) in which "*" stands for any characters except "/". The last match counts.
     */
    at: z.record(z.string().regex(/^\//, 'expected a pattern that begins with "/"'), Bounds)
      .optional(),
  }),
]);
export type Tolerance = z.infer<typeof Tolerance>;

export const exact: Tolerance = { kind: "exact" };
