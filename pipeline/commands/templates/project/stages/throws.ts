/** What needles came to: an artifact with a type of its own, which nothing else can be taken for. */
import { json, type ValueOf } from "fanin";
import { z } from "zod";

export const throws = json(
  "throws",
  z.strictObject({
    /** Of a needle, in distances between two lines. */
    length: z.number(),
    /** Needles in a series. */
    needles: z.int(),
    /** Needles that crossed a line, of each series. */
    crossings: z.array(z.int()).min(2),
  }),
);

export type Throws = ValueOf<typeof throws>;
