/** Results of `deno task bench`: every contestant of each benchmark, on one machine. */
import { z } from "zod";

const Count = z.int().nonnegative();

/** Median, least and largest of the values of all rounds. */
export const Spread = z.strictObject({ median: z.number(), low: z.number(), high: z.number() })
  .refine(({ median, low, high }) => low <= median && median <= high, {
    message: "expected low ≤ median ≤ high",
  });
export type Spread = z.infer<typeof Spread>;

/** Measured quantities, each with its unit in its name. Shares are between 0 and 1, or above. */
export const Measure = z.enum([
  "msAStep",
  "msATestSet",
  "secondsAnEpochAndTest",
  "gigaflopsASecond",
  /** Reached share of the FMA peak of as many threads, in 128-bit vectors. */
  "shareOfFmaPeak",
  "msAnEpoch",
  "msADispatch",
  "shareOfStep",
  "seconds",
  "microsecondsAFile",
  /** Largest resident memory of the process, in 10^6 bytes. */
  "peakMegabytes",
  "artifactsMegabytes",
  "millionWeightsASecond",
  "ms",
  "megabytesASecond",
  /** Reached share of the speed at which the file is read without hashing. */
  "shareOfReading",
  "msAJob",
  "submitMs",
  "queueAndStartMs",
  "loadMs",
  "workerAndInputsMs",
  "runAndStoreMs",
]);
export type Measure = z.infer<typeof Measure>;

const Contestant = z.strictObject({
  contestant: z.string().min(1),
  /** Size of the work, where a benchmark has several: jobs, or rows of a matrix. */
  size: Count.nullable(),
});

export const MeasuredRow = Contestant.extend({
  status: z.literal("measured"),
  /** Threads that it may use; null where that says nothing. */
  threads: z.int().positive().nullable(),
  /** The part that was measured of an epoch and its test set; null where that was the whole. */
  extrapolatedFrom: z.strictObject({ steps: Count, images: Count }).nullable(),
  values: z.partialRecord(Measure, Spread),
  /** Its time divided by one of ours in the same round, by our contestant's name. */
  timesOurs: z.record(z.string(), Spread),
});
export type MeasuredRow = z.infer<typeof MeasuredRow>;

/** A contestant without measurements, and the reason, such as `not installed`. */
export const MissingRow = Contestant.extend({
  status: z.literal("missing"),
  reason: z.string().min(1),
});
export type MissingRow = z.infer<typeof MissingRow>;

export const Benchmark = z.strictObject({
  /** Rounds in which contestants took turns. */
  rounds: z.int().positive(),
  /** The time that ratios divide; null where nothing is compared. */
  ratioOf: Measure.nullable(),
  /** Our contestants that the others are compared with. */
  ours: z.array(z.string()),
  rows: z.array(z.discriminatedUnion("status", [MeasuredRow, MissingRow])).min(1),
});
export type Benchmark = z.infer<typeof Benchmark>;

export const BenchmarkName = z.enum([
  "training",
  "device",
  "kernels",
  "theory",
  "no-op",
  "up-to-date",
  "hashing",
  "whole-run",
  "large-store",
  "scale",
]);
export type BenchmarkName = z.infer<typeof BenchmarkName>;

export const BenchResults = z.strictObject({
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int().positive(),
    os: z.string(),
    arch: z.string(),
    deno: z.string(),
    /** WebGPU's; null where there is none. */
    adapter: z.string().nullable(),
  }),
  /** Versions of the contestants; null where one is not installed. */
  versions: z.record(z.string(), z.string().nullable()),
  /** Each with the day on which it was measured, and the kernel's version then, of which builds come often. */
  benchmarks: z.partialRecord(
    BenchmarkName,
    Benchmark.extend({ date: z.iso.date(), kernel: z.string() }),
  ),
});
export type BenchResults = z.infer<typeof BenchResults>;
