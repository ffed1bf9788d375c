/** Defines the artifacts that the engine itself reads: a job's metrics and its claims table. */
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import type { Ledger as LedgerValue } from "../../schemas/public/judged.ts";
import type { ArtifactType } from "./artifact_type.ts";
import { json } from "./json.ts";

/**
 * Figures of a job; the run's `metrics.json` gathers them under the job's name.
 *
 * @example
 * ```ts
 * import { FormatError, metrics } from "fanin";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(metrics.decode(metrics.encode({ "test/loss": NaN })), { "test/loss": NaN });
 * assertThrows(() => metrics.encode({ "not a name": 1 }), FormatError);
 * ```
 */
export const metrics: ArtifactType<"metrics", Record<string, number>> = json("metrics", Metrics);

/**
 * Claims with their verdicts; the run's `claims.json` and `claims.md` gather them.
 *
 * @example
 * ```ts
 * import { defineStage, ledger, ledgerOf, metrics } from "fanin";
 *
 * export const judge = defineStage({
 *   name: "judge",
 *   module: import.meta.url,
 *   about: "judges claims on metrics",
 *   inputs: { metrics },
 *   outputs: { ledger },
 *   run: ({ inputs }) => ({ ledger: ledgerOf([], [], inputs.metrics) }),
 * });
 * ```
 */
export const ledger: ArtifactType<"ledger", LedgerValue> = json("ledger", Ledger);
