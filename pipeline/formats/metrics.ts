/** Defines the artifacts that the engine itself reads: a job's metrics and its claims table. */
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import { json } from "./json.ts";

/** Figures of a job; the run's `metrics.json` gathers them under the job's name. */
export const metrics = json("metrics", Metrics);

/** Claims with their verdicts; the run's `claims.json` and `claims.md` gather them. */
export const ledger = json("ledger", Ledger);
