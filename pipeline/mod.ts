/**
 * The public face of the engine, for a repository with stages and experiments of its own: stages, the
 * types of their artifacts, the DAG, claims. The command line is `fanin/main`, apart from this, so that
 * a stage that imports from here does not have the commands for its code.
 *
 * @example
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
  type Job,
} from "./engine/dag.ts";
export type { Access, Checkpoints, CommandResult, Effects, JobSettings } from "./engine/effects.ts";
export type { MultiplyAdd } from "./engine/machine/fused_multiply_add.ts";
export type { MachineFacts } from "./engine/machine/machine.ts";
export type { OwnData } from "./engine/own_data/own_data.ts";
export { bytes, type FileForm, text } from "./formats/bytes.ts";
export { chart, chartSchema, type ChartSpec } from "./formats/chart.ts";
export { csv } from "./formats/csv.ts";
export { type Files, files } from "./formats/files.ts";
export { type DeclaredIdx, idx } from "./formats/idx.ts";
export { json, type JsonOptions } from "./formats/json.ts";
export { ledger, metrics } from "./formats/metrics.ts";
export { npy } from "./formats/npy.ts";
export { type DeclaredTensors, safetensors, type Tensors } from "./formats/safetensors.ts";
export { section } from "./formats/section.ts";
export type { DType, Tensor, TypedArrays } from "./formats/tensor.ts";
export {
  type Accepted,
  type AnyArtifactType,
  type ArtifactType,
  type Declared,
  FormatError,
  type Parsed,
  type Schema,
  type ValueOf,
} from "./formats/artifact_type.ts";
export { jobsOf } from "./engine/project/selection.ts";
export {
  type CommandDeclaration,
  commandStage,
  type FilesByName,
  type InputTypes,
  type OutputTypes,
  param,
  type TypeAt,
  type TypedFile,
} from "./engine/program/command_stage.ts";
export type {
  CommandWord,
  ParameterWord,
  Program,
  WordPart,
} from "./engine/program/declared_program.ts";
export { runStage, type StageRun } from "./engine/sandbox/run_stage.ts";
export type {
  Choice,
  Computation,
  Control,
  Found,
  Outcome,
  Panel,
  PanelChart,
  PanelContent,
  PanelRun,
  PanelScript,
  PanelValue,
  Range,
  Settings,
  Typed,
} from "./report/panels/panel.ts";
export {
  type AnyStage,
  type ArtifactTypes,
  type DeclaredStage,
  defineStage,
  type NoParameters,
  type ParameterSchema,
  type Stage,
  type Values,
} from "./engine/stage.ts";
export type {
  Condition,
  JudgedClaim,
  JudgedCondition,
  JudgedControl,
  JudgedPart,
  Ledger,
  Margin,
  Part,
  Verdict,
} from "../schemas/public/judged.ts";
export type {
  BackendName,
  CloseTolerance,
  DifferenceBounds,
  ExactTolerance,
  ExperimentInput,
  JobResources,
  Json,
  MetricBounds,
  OutputTolerance,
  ReplicateInput,
} from "../schemas/public/project_settings.ts";
export type {
  Block,
  ChartBlock,
  ClaimsBlock,
  FormulaBlock,
  Highlight,
  ReportSection,
  TableBlock,
  TextBlock,
} from "../schemas/public/report_content.ts";
export { Float, type FloatSchema } from "../schemas/run/float.ts";
