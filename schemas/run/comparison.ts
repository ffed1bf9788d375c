/**
 * The comparison of two runs: how far each output, tensor and metric agrees, the causes of what
 * differs, and one sentence. `diff --json` prints it; `pipeline/diff/` makes it.
 */
import { z } from "zod";
import { Agreement, KnownAgreement } from "./agreement_level.ts";
import { Verdict } from "./claim_verdict.ts";
import { Sha256 } from "./digest.ts";
import { Float } from "./float.ts";
import { Bounds, Tolerance } from "./tolerance.ts";

const Count = z.int().nonnegative();

/** A distance; null where it is infinite: NaN beside a number, infinity beside a finite one. */
const Distance = z.number().nonnegative().nullable();

/** The largest distance, and where it is: an index for each axis. */
const Largest = z.strictObject({ value: Distance, index: z.array(Count) });

export const ArrayComparison = z.strictObject({
  /** The tensor's name; empty for a file with one array. */
  name: z.string(),
  agreement: KnownAgreement,
  dtype: z.string(),
  shape: z.array(Count),
  /** The reason why the values could not be compared. */
  problem: z.string().nullable(),
  /** A difference in the arrangement or storage of the same values. */
  note: z.string().nullable(),
  elements: Count,
  /** Elements with another value, and those beyond the tolerance. */
  differing: Count,
  beyond: Count,
  /** Largest differences of finite values; of no value where all that differ are not finite. */
  absolute: Largest.nullable(),
  relative: Largest.nullable(),
  /** In units in the last place; null of integers and of two element types. */
  ulp: Largest.nullable(),
  /** Pairs that differ and of which one is NaN or infinite, and the first of them. */
  infinite: z.strictObject({
    count: Count,
    index: z.array(Count),
    values: z.tuple([z.string(), z.string()]),
  }).nullable(),
  /** The two values where the absolute difference is largest, as text that keeps NaN and -0. */
  values: z.tuple([z.string(), z.string()]).nullable(),
  /** Cosine of the angle between the two; null if one has no direction. */
  cosine: z.number().nullable(),
});
export type ArrayComparison = z.infer<typeof ArrayComparison>;

/** A place in JSON at which the two are not the same. */
export const PlaceComparison = z.strictObject({
  /** RFC 6901. */
  pointer: z.string(),
  agreement: KnownAgreement,
  /** Shortened where long; null where there is none. */
  a: z.string().nullable(),
  b: z.string().nullable(),
  /** Difference between numbers. */
  absolute: z.number().nonnegative().nullable(),
  bounds: Bounds.nullable(),
});
export type PlaceComparison = z.infer<typeof PlaceComparison>;

/** Numbers that follow each other by epoch or step, and are not the same everywhere. */
export const CurveComparison = z.strictObject({
  /** With "*" for the number of the epoch. */
  name: z.string(),
  agreement: KnownAgreement,
  points: z.array(z.strictObject({
    at: z.int(),
    a: Float.nullable(),
    b: Float.nullable(),
  })),
  /** The first point that is not the same, and the one with the largest difference. */
  first: z.int(),
  largest: z.strictObject({ at: z.int(), absolute: z.number().nonnegative() }).nullable(),
});
export type CurveComparison = z.infer<typeof CurveComparison>;

export const Detail = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("arrays"), arrays: z.array(ArrayComparison) }),
  z.strictObject({
    kind: z.literal("values"),
    values: Count,
    /** Values that are not the same; of these, those beyond the tolerance; of these, those in one alone. */
    differing: Count,
    beyond: Count,
    missing: Count,
    /** Changed values first, then those in one alone, the worst first; not all where there are many. */
    places: z.array(PlaceComparison),
    curves: z.array(CurveComparison),
  }),
  z.strictObject({
    kind: z.literal("text"),
    lines: Count,
    differing: Count,
    /** From 1 on. */
    first: z.strictObject({ line: Count, a: z.string().nullable(), b: z.string().nullable() }),
    /** Numbers in it that differ, if nothing but numbers does. */
    numbers: z.strictObject({ differing: Count, largest: z.number() }).nullable(),
  }),
  z.strictObject({
    kind: z.literal("image"),
    width: Count,
    height: Count,
    pixels: Count,
    changed: Count,
    /** Largest difference of any channel, from 0 to 1. */
    largest: z.number().min(0).max(1),
    /** PNG in base64: unchanged pixels faint, changed ones red; null where it was not asked for. */
    picture: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal("bytes"),
    differing: Count,
    /** The first byte that differs; null where one is the beginning of the other. */
    first: z.strictObject({ offset: Count, a: Count, b: Count, bits: Count }).nullable(),
  }),
]);
export type Detail = z.infer<typeof Detail>;

/** An output in one of the runs. Absent: the manifest has it and its bytes are not available. */
const Side = z.strictObject({
  sha256: Sha256,
  size: Count,
  state: z.enum(["whole", "damaged", "absent", "not-read"]),
});

export const OutputComparison = z.strictObject({
  job: z.string(),
  output: z.string(),
  type: z.string(),
  mediaType: z.string(),
  file: z.string(),
  tolerance: Tolerance,
  agreement: Agreement,
  /** True if it decides at the level asked for; the sentence says why not. */
  counts: z.boolean(),
  a: Side.nullable(),
  b: Side.nullable(),
  note: z.string().nullable(),
  detail: Detail.nullable(),
});
export type OutputComparison = z.infer<typeof OutputComparison>;

export const Spread = z.strictObject({
  /** Number of replicates, and their standard deviation. */
  count: z.int().min(2),
  standardDeviation: z.number().nonnegative(),
  /** The largest difference that is consistent. */
  limit: z.number().nonnegative(),
});
export type Spread = z.infer<typeof Spread>;

export const MetricComparison = z.strictObject({
  name: z.string(),
  /** The job that gives it; null where neither manifest tells. */
  job: z.string().nullable(),
  agreement: Agreement,
  counts: z.boolean(),
  a: Float.nullable(),
  b: Float.nullable(),
  /** Null where one run has no value, and where they are infinitely far apart. */
  absolute: Distance,
  bounds: Bounds,
  spread: Spread.nullable(),
});
export type MetricComparison = z.infer<typeof MetricComparison>;

/** A claim that the two runs judge differently; null where a run does not judge it. */
export const ClaimComparison = z.strictObject({
  id: z.string(),
  a: Verdict.nullable(),
  b: Verdict.nullable(),
});
export type ClaimComparison = z.infer<typeof ClaimComparison>;

/** A source file behind a stage's code that is not the same; a side without it is null. */
const SourceFile = z.strictObject({
  path: z.string(),
  a: Sha256.nullable(),
  b: Sha256.nullable(),
  /** Lines that are new in B, and gone from A; null where a text is not available. */
  added: Count.nullable(),
  removed: Count.nullable(),
});

/** A key line that differs: its label, and its value in either run. */
const Line = z.strictObject({
  label: z.string(),
  a: z.string().nullable(),
  b: z.string().nullable(),
  /** The jobs at which it differs alike. */
  jobs: z.array(z.string()),
  words: z.string(),
  /** The files behind a line of code; null for others, and where a run did not record them. */
  files: z.array(SourceFile).nullable(),
});
export type Line = z.infer<typeof Line>;

/** Parts of jobs' keys. */
export const KeyPart = z.enum(["code", "packages", "parameters", "data", "machine"]);
export type KeyPart = z.infer<typeof KeyPart>;

/** A job at which the runs diverge, though everything before it is the same. */
export const Cause = z.strictObject({
  job: z.string(),
  kind: z.enum(["changed", "not-reproducible", "damaged", "unfinished", "only-in-one"]),
  outputs: z.array(z.string()),
  lines: z.array(Line),
  /** The cause in words, as part of a sentence. */
  words: z.string(),
});
export type Cause = z.infer<typeof Cause>;

const StepRow = z.strictObject({
  step: Count,
  /** The tensor that lies furthest apart after that step. */
  tensor: z.string(),
  absolute: Distance,
  ulp: Distance,
  /** Share of all elements that differ. */
  share: z.number().min(0).max(1),
});

/** The divergence of a job that works in steps: the distance after each. */
export const Divergence = z.strictObject({
  job: z.string(),
  from: z.enum(["checkpoints", "tensors"]),
  /** Name of a step: "epoch". */
  unit: z.string(),
  /** The first divergent step, and the first divergent tensor; null if there is none. */
  first: z.strictObject({ step: Count, tensor: z.string(), absolute: Distance, ulp: Distance })
    .nullable(),
  rows: z.array(StepRow),
});
export type Divergence = z.infer<typeof Divergence>;

const Run = z.strictObject({
  name: z.string(),
  form: z.string(),
  run: z.string(),
  experiment: z.string(),
  status: z.string(),
  machine: z.string(),
  /** `commit 01234567`, with "and changes" where the tree was not clean; null where it is not known. */
  commit: z.string().nullable(),
});

export const Comparison = z.strictObject({
  version: z.literal(1),
  a: Run,
  b: Run,
  /** The worst agreement that still agrees. */
  level: KnownAgreement,
  /** The worst of everything that counts and was compared. */
  worst: KnownAgreement,
  /** Undecided: nothing that was compared differs, and not everything that counts was compared. */
  verdict: z.enum(["agree", "differ", "undecided"]),
  /** Everything that was not compared, by name, whether it counts or not. */
  notCompared: z.array(z.string()),
  sentence: z.string(),
  causes: z.array(Cause),
  /** Key lines that differ at jobs of which no byte differs. */
  silent: z.array(Line),
  /** Parts of keys that are the same in every job that both runs have. */
  same: z.array(KeyPart),
  /** The changed lines of the source files in unified form; null where they were not asked for. */
  patch: z.string().nullable(),
  divergences: z.array(Divergence),
  outputs: z.array(OutputComparison),
  metrics: z.array(MetricComparison),
  curves: z.array(CurveComparison),
  claims: z.array(ClaimComparison),
  /** Probability with which all metrics of two runs that differ in their seeds pass at once. */
  spreadLevel: z.number().nullable(),
  notes: z.array(z.string()),
});
export type Comparison = z.infer<typeof Comparison>;
