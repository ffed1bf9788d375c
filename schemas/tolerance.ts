/**
 * How far two values of one output may lie apart and still agree. Declared by the output, recorded
 * in the manifest; what compares runs reads it there and leaves the comparing to itself.
 */
import { z } from "zod";

export const Tolerance = z.discriminatedUnion("kind", [
  /** The same bytes. */
  z.strictObject({ kind: z.literal("exact") }),
  /** |a - b| <= absolute + relative * |b|, element by element. */
  z.strictObject({
    kind: z.literal("close"),
    absolute: z.number().nonnegative(),
    relative: z.number().nonnegative(),
  }),
]);
export type Tolerance = z.infer<typeof Tolerance>;

export const exact: Tolerance = { kind: "exact" };
