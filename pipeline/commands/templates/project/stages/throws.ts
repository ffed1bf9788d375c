/** Results of throwing needles, as an artifact with a type of its own. */
import { json, type ValueOf } from "fanin";
import { z } from "zod";

export const throws = json(
  "throws",
  z.strictObject({
    /** Length of a needle, in distances between two lines. */
    length: z.number(),
    /** Needles in a series. */
    needles: z.int(),
    /** Needles that crossed a line, of each series. */
    crossings: z.array(z.int()).min(2),
  }),
);

export type Throws = ValueOf<typeof throws>;
