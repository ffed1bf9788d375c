/**
 * Types of experiments, tolerances and resources for those who write a project. `schemas/run/` has schemas of
 * the same forms; a test compares both.
 */

/** A value that JSON holds. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** The range of a metric's possible values; an end that is left out is open. */
export interface MetricBounds {
  /** Least possible value. */
  low?: number;
  /** Largest possible value. */
  high?: number;
}

/** Settings of `replicate`: runs of an experiment that differ only in their seeds. */
export interface ReplicateInput {
  /** The jobs whose metrics are wanted; they and what they need are run. */
  jobs: string[];
  /** The parameters that a seed sets, or what is inside them: `seed`, `optimizer.seed`. */
  seeds: { job: string; parameter: string }[];
  /** By a metric's name, a curve's with "*" for the number at its end. */
  bounds?: Record<string, MetricBounds>;
}

/** Backend that computes tensors. */
export type BackendName = "webgpu" | "wasm";

/**
 * An experiment as it is written: what has a default may be left out.
 *
 * @example
 * ```ts
 * import type { ExperimentInput } from "fanin";
 *
 * export const long: ExperimentInput = {
 *   name: "long",
 *   about: "trains for more steps",
 *   parameters: { train: { steps: 10_000 } },
 *   metrics: ["train.test-loss.step-*"],
 * };
 * ```
 */
export interface ExperimentInput {
  /** Its name: a-z, 0-9 and -. */
  name: string;
  /** One line for people. */
  about: string;
  /** The jobs wanted, with all that they need; absent means every job of the DAG. */
  jobs?: string[];
  /** Accepted for jobs that compute on a device, in order of preference; by default WebGPU alone. */
  backends?: BackendName[];
  /** Absent means this machine, and `--executor` says otherwise. */
  executor?: "local" | "slurm";
  /** Parameters by job; what is not named here keeps the default of its stage. */
  parameters?: Record<string, Record<string, Json>>;
  /**
   * Its main metrics, in the order that summaries and tables of runs show them. "*" stands for the
   * number at the end of a curve: `mlp.test-loss.epoch-*` means the last epoch's.
   */
  metrics?: string[];
  /** Absent where a seed means nothing to it. */
  replicate?: ReplicateInput;
}

/** |a - b| <= absolute + relative·max(|a|, |b|), number by number: the same from either side. */
export interface DifferenceBounds {
  /** In the unit of the numbers; 0 or more. */
  absolute: number;
  /** A fraction: 0.01 is one per cent. */
  relative: number;
}

/** Two outputs agree if they have the same bytes. */
export interface ExactTolerance {
  /** Names this kind of tolerance. */
  kind: "exact";
}

/** Two outputs agree if all their numbers differ by no more than bounds. */
export interface CloseTolerance extends DifferenceBounds {
  /** Names this kind of tolerance. */
  kind: "close";
  /**
   * For JSON: bounds for the places that a pattern names, and all places below. A pattern is a JSON
   * Pointer (RFC 6901) in which "*" stands for any characters except "/". The last match counts.
   */
  at?: Record<string, DifferenceBounds>;
}

/**
 * The tolerance of an output: how far two values may differ and still agree.
 *
 * @example
 * ```ts
 * import { json, type OutputTolerance } from "fanin";
 * import { z } from "zod";
 *
 * const tolerance: OutputTolerance = { kind: "close", absolute: 1e-9, relative: 0 };
 * const draws = json("draws", z.array(z.number()), { tolerance });
 * draws.encode([0.1, 0.2]);
 * ```
 */
export type OutputTolerance = ExactTolerance | CloseTolerance;

/** Resources that a job needs of its machine. Schedulers use them; no byte depends on them. */
export interface JobResources {
  /** Processor cores. */
  cores: number;
  /** MiB of main memory. */
  memory: number;
  /** Wall time after which the job is stopped. */
  minutes: number;
  /** Graphics processors. */
  gpus: number;
}
