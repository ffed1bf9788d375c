/** Figures of a run: one flat object, dotted name → finite number. */
import { z } from "zod";

export const Metrics = z.record(
  z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, "expected dotted words of a-z, 0-9 and -"),
  z.number(),
);
export type Metrics = z.infer<typeof Metrics>;
