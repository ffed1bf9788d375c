/** The artifacts that the engine itself reads: a job's metrics, findings and ledger of claims. */
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { Findings } from "../../schemas/run/findings.ts";
import { Metrics } from "../../schemas/run/metric_name.ts";
import { json } from "./json.ts";

/** Figures of a job; the run's `metrics.json` gathers them under the job's name. */
export const metrics = json("metrics", Metrics);

/** Figures that were expected beside the measured ones; the run's summary prints them. */
export const findings = json("findings", Findings);

/** Claims with their verdicts; the run's `claims.json` and `claims.md` gather them. */
export const ledger = json("ledger", Ledger);
