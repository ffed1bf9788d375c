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
} from "./engine/dag.ts";
export type { Effects } from "./engine/effects.ts";
export { bytes, text } from "./formats/bytes.ts";
export { chart, chartSchema } from "./formats/chart.ts";
export { csv } from "./formats/csv.ts";
export { type Files, files } from "./formats/files.ts";
export { json } from "./formats/json.ts";
export { ledger, metrics } from "./formats/metrics.ts";
export { npy } from "./formats/npy.ts";
export { safetensors } from "./formats/safetensors.ts";
export { section } from "./formats/section.ts";
export type { DType, Tensor } from "./formats/tensor.ts";
export { type ArtifactType, FormatError, type ValueOf } from "./formats/artifact_type.ts";
export { jobsOf } from "./engine/project/selection.ts";
export {
  type CommandDeclaration,
  commandStage,
  param,
  type TypedFile,
} from "./engine/program/command_stage.ts";
export type { CommandWord, ParameterWord } from "./engine/program/declared_program.ts";
export { runStage } from "./engine/sandbox/run_stage.ts";
export type {
  Computation,
  Control,
  Outcome,
  Panel,
  PanelContent,
  PanelRun,
  PanelScript,
  Settings,
} from "./report/panels/panel.ts";
export { type ArtifactTypes, defineStage, type Stage, type Values } from "./engine/stage.ts";
export type { Condition, Ledger, Part } from "../schemas/run/judged_claims.ts";
export type { Verdict } from "../schemas/run/claim_verdict.ts";
export type { ExperimentInput } from "../schemas/run/experiment.ts";
export { Float } from "../schemas/run/float.ts";
