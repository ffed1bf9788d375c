/** Metrics of a job or a run: one flat object, name → number. */
import { z } from "zod";
import { Float } from "./float.ts";
import { MetricName } from "./metric_name.ts";

/** A metric may be NaN or infinite; see `float.ts` for its form in JSON. */
export const Metrics = z.record(MetricName, Float, {
  // The issues of a name, in place of "Invalid key in record".
  error: ({ code, issues }) =>
    code === "invalid_key" && Array.isArray(issues) ? issues[0].message : undefined,
});
export type Metrics = z.infer<typeof Metrics>;
