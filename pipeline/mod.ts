/**
 * The public face of the engine, for a repository with stages and experiments of its own: stages, the
 * types of their artifacts, the DAG, claims. The command line is `fanin/main`, apart from this, so that
 * a stage that imports from here does not have the commands for its code.
 *
 * ```ts
 * import { defineDag, defineStage, json, metrics } from "fanin";
 * import { z } from "zod";
 *
 * const draws = json("draws", z.array(z.number()));
 *
 * const draw = defineStage({
 *   name: "draw",
 *   module: import.meta.url,
 *   about: "draws numbers",
 *   parameters: z.strictObject({ count: z.int().positive().default(10) }),
 *   inputs: {},
 *   outputs: { draws, metrics },
 *   run: ({ parameters: { count } }) => ({
 *     draws: Array.from({ length: count }, (_, i) => i * i),
 *     metrics: { count },
 *   }),
 * });
 *
 * export const dag = defineDag((job) => {
 *   job("draw", draw, { inputs: {} });
 * });
 * ```
 *
 * @module
 */
export {
  type ClaimDefinition,
  type ControlDefinition,
  estimated,
  exactly,
  ledgerOf,
} from "./claims/claim.ts";
export {
  type AddJob,
  type Dag,
  defineDag,
  directory,
  file,
  type Handle,
  type Handles,
} from "./dag.ts";
export type { Effects } from "./effects.ts";
export { bytes, text } from "./format/bytes.ts";
export { chart, chartSchema } from "./format/chart.ts";
export { csv } from "./format/csv.ts";
export { type Files, files } from "./format/files.ts";
export { json } from "./format/json.ts";
export { findings, ledger, metrics } from "./format/metrics.ts";
export { npy } from "./format/npy.ts";
export { safetensors } from "./format/safetensors.ts";
export { section } from "./format/section.ts";
export type { DType, Tensor } from "./format/tensor.ts";
export { type ArtifactType, FormatError, type ValueOf } from "./format/type.ts";
export { jobsOf } from "./jobs_of.ts";
export { runStage } from "./run_stage.ts";
export { type ArtifactTypes, defineStage, type Stage, type Values } from "./stage.ts";
export type { Condition, Ledger, Part, Verdict } from "../schemas/claims.ts";
export type { ExperimentInput } from "../schemas/experiment.ts";
export { Float } from "../schemas/float.ts";
