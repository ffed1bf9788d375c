/**
 * A file of expected values, against which a run is graded item by item. `z.toJSONSchema` makes
 * `expected.schema.json` beside this file. `pipeline/grade/` judges items; here is only the form.
 */
import { z } from "zod";
import { Verdict } from "./claim_verdict.ts";
import { Sha256 } from "./digest.ts";
import { curveMetrics, CurveName, MetricName } from "./metric_name.ts";
import { parsePattern, patternNames } from "./text_pattern.ts";

const short = z.string().min(1).max(200);
const long = z.string().max(2000);
/**
 * A statistic of all elements of a tensor; `norm` is the Euclidean one, `not-finite` counts NaN and
 * infinities.
 */
export const Statistic = z.enum([
  "mean",
  "standard-deviation",
  "minimum",
  "maximum",
  "norm",
  "count",
  "not-finite",
]);
export type Statistic = z.infer<typeof Statistic>;

/** The part of a run that an item looks at. */
export const Target = z.discriminatedUnion("kind", [
  /** A metric of `metrics.json`. */
  z.strictObject({ kind: z.literal("metric"), name: MetricName }),
  /** Figures that follow each other: "*" in the name stands for the numbers `from` to `to`. */
  z.strictObject({
    kind: z.literal("curve"),
    name: CurveName,
    from: z.int().nonnegative(),
    to: z.int().nonnegative().max(100_000),
  }),
  /** A value in a JSON artifact, by its JSON Pointer (RFC 6901). */
  z.strictObject({
    kind: z.literal("value"),
    job: short,
    output: short,
    pointer: z.string().max(500).regex(
      /^(\/([^~]|~[01])*)?$/,
      'expected a JSON Pointer: "" or "/name/0/…", with ~0 for "~" and ~1 for "/"',
    ),
  }),
  /** A statistic of an .npy or .idx artifact, or of one tensor of a .safetensors artifact. */
  z.strictObject({
    kind: z.literal("tensor"),
    job: short,
    output: short,
    name: short.optional(),
    statistic: Statistic,
  }),
  /** An entry of the run's claims table. */
  z.strictObject({ kind: z.literal("claim"), id: short }),
  z.strictObject({ kind: z.literal("artifact"), job: short, output: short }),
]);
export type Target = z.infer<typeof Target>;

/** Both ends included; null where there is no end. */
const Range = z.strictObject({ low: z.number().nullable(), high: z.number().nullable() })
  .refine(({ low, high }) => low !== null || high !== null, { error: "expected an end" })
  .refine(({ low, high }) => low === null || high === null || low <= high, {
    error: "expected low <= high",
  });
export type Range = z.infer<typeof Range>;

/** Element types that formats of arrays can hold. */
const ElementType = z.enum(["float64", "float32", "int32", "uint32", "uint8"]);

/** Expectations that need no other metric to be chosen. */
const plain = [
  z.strictObject({
    kind: z.literal("exact"),
    value: z.union([z.number(), z.string().max(2000), z.boolean()]),
  }),
  /** The value as printed: the one found must round to it at `digits` decimals, a half either way. */
  z.strictObject({ kind: z.literal("rounded"), value: z.number(), digits: z.int().min(0).max(15) }),
  z.strictObject({ kind: z.literal("range"), range: Range }),
  /** |found - value| <= absolute + relative·|value| */
  z.strictObject({
    kind: z.literal("close"),
    value: z.number(),
    absolute: z.number().nonnegative().default(0),
    relative: z.number().nonnegative().default(0),
  }),
  z.strictObject({ kind: z.literal("at-least"), value: z.number() }),
  z.strictObject({ kind: z.literal("at-most"), value: z.number() }),
  /** Beside another metric of the same run: found RELATION factor·metric + offset. */
  z.strictObject({
    kind: z.literal("relation"),
    relation: z.enum(["at-most", "at-least"]),
    metric: MetricName,
    factor: z.number().default(1),
    offset: z.number().default(0),
  }),
  /** A range for each point of a curve, in order. The item passes if every point does. */
  z.strictObject({ kind: z.literal("band"), ranges: z.array(Range).min(1).max(100_001) }),
  /** A value for each point of a curve, in order, and how far a point may be from it, as `close`. */
  z.strictObject({
    kind: z.literal("values"),
    values: z.array(z.number()).min(1).max(100_001),
    absolute: z.number().nonnegative().default(0),
    relative: z.number().nonnegative().default(0),
  }),
  /** Verdicts that a claim may have. */
  z.strictObject({ kind: z.literal("verdict"), anyOf: z.array(Verdict).min(1) }),
  /** An artifact's bytes, by their hash. */
  z.strictObject({ kind: z.literal("hash"), sha256: Sha256 }),
  /** An artifact's presence, whatever its bytes. */
  z.strictObject({ kind: z.literal("present") }),
  /** An artifact's form: it is readable in its format, large enough, and contains these texts. */
  z.strictObject({
    kind: z.literal("form"),
    form: z.enum(["svg", "png", "vega-lite", "json", "csv", "html", "npy", "idx", "safetensors"]),
    /** In bytes. */
    atLeastBytes: z.int().nonnegative().default(0),
    /** Least width and height of a picture, in pixels or user units. */
    atLeastWidth: z.int().nonnegative().default(0),
    atLeastHeight: z.int().nonnegative().default(0),
    /** Texts that it must hold, of a format that is text. */
    contains: z.array(short).max(100).default([]),
  }),
  /** Tensors of a .safetensors artifact, which has no others. */
  z.strictObject({
    kind: z.literal("tensors"),
    tensors: z.array(z.strictObject({
      name: short,
      dtype: ElementType,
      /** Lengths of the axes. */
      shape: z.array(z.int().nonnegative()).max(8),
    })).min(1).max(10_000),
  }),
] as const;
const PlainExpectation = z.discriminatedUnion("kind", plain);
export type PlainExpectation = z.infer<typeof PlainExpectation>;

/** An expectation of a target. Each kind of target allows only some kinds of expectation. */
export const Expectation = z.discriminatedUnion("kind", [
  ...plain,
  /**
   * Depends on another metric of the same run, such as its seed: the first case with that metric's
   * value, else `otherwise`. A result says which of them it was judged by.
   */
  z.strictObject({
    kind: z.literal("by"),
    metric: MetricName,
    cases: z.array(z.strictObject({ value: z.number(), expected: PlainExpectation })).min(1)
      .max(10_000),
    otherwise: PlainExpectation,
  }),
]);
export type Expectation = z.infer<typeof Expectation>;

/** Every expectation that an item may come to be judged by. */
const alternatives = (expected: Expectation): PlainExpectation[] =>
  expected.kind === "by"
    ? [...expected.cases.map(({ expected }) => expected), expected.otherwise]
    : [expected];

const ofNumbers = [
  "exact",
  "rounded",
  "range",
  "close",
  "at-least",
  "at-most",
  "relation",
] as const;

/** Kinds of expectation that each kind of target allows. */
const expectable: Record<Target["kind"], readonly PlainExpectation["kind"][]> = {
  metric: ofNumbers,
  value: ofNumbers,
  tensor: ofNumbers,
  curve: ["band", "values"],
  claim: ["verdict"],
  artifact: ["hash", "present", "form", "tensors"],
};

/**
 * Points of an item that does not pass. The distance is that from the nearest passing value, in the
 * metric's unit. For a curve it is the share of points outside their ranges.
 */
export const Credit = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  /** Falls evenly from all points at no distance to none at `width`. */
  z.strictObject({ kind: z.literal("linear"), width: z.number().positive() }),
  /** The share of the first tier whose distance is not exceeded. Distances rise, shares fall. */
  z.strictObject({
    kind: z.literal("tiers"),
    tiers: z.array(z.strictObject({
      distance: z.number().nonnegative(),
      share: z.number().min(0).max(1),
    })).min(1).max(100),
  }),
]).refine(
  (credit) =>
    credit.kind !== "tiers" ||
    credit.tiers.every(({ distance, share }, i, tiers) =>
      i === 0 || distance > tiers[i - 1].distance && share <= tiers[i - 1].share
    ),
  { error: "expected tiers with rising distances and falling shares" },
);
export type Credit = z.infer<typeof Credit>;

/** A share of trials, with an exact (Clopper-Pearson) 95 % interval. */
export const Rate = z.strictObject({
  failed: z.int().nonnegative(),
  of: z.int().positive(),
  interval: z.strictObject({ low: z.number().min(0).max(1), high: z.number().min(0).max(1) }),
});
export type Rate = z.infer<typeof Rate>;

/** Origin of an expectation. */
export const Source = z.discriminatedUnion("from", [
  z.strictObject({ from: z.literal("document"), where: long }),
  z.strictObject({ from: z.literal("theory"), equation: long }),
  z.strictObject({ from: z.literal("measured"), where: long }),
  /** An item predicted from runs that differ in their seeds alone. */
  z.strictObject({
    from: z.literal("replicates"),
    what: long,
    count: z.int().min(3),
    /** The probability that another run passes all items from these replicates at once. */
    level: z.number().gt(0).lt(1),
    /** Method that computes the interval, in words. */
    method: long,
    /** One for a metric; of a curve, one for each point. */
    spread: z.array(z.strictObject({
      mean: z.number(),
      standardDeviation: z.number().nonnegative(),
      /** The largest difference of two runs, in all items at once with probability 2·level - 1. */
      apart: z.number().nonnegative(),
    }))
      .min(1).max(100_001),
    /** Each replicate judged in all items by what the others give; null where there are too few. */
    falseFail: Rate.nullable(),
    /** The reason why the intervals are wide or doubtful; absent if there is none. */
    caution: long.optional(),
  }),
]);

/** Gradescope's setting of who sees an item's result, and when. */
export const Visibility = z.enum(["visible", "hidden", "after_due_date", "after_published"]);

/**
 * Reads a metric from text that a program printed, or from a table or scalars that it logged. A curve has a
 * point for each line or row.
 */
export const Reading = z.strictObject({
  /** A line with names in braces where numbers stand; `text_pattern.ts` has its form. */
  pattern: z.string().max(500).optional(),
  /** The column of a CSV table, or the tag of TensorBoard's scalars, in place of a pattern. */
  column: short.optional(),
  /** The name in the pattern of the metric's number. May be absent if no other name is left. */
  value: short.optional(),
  /** The name, or the column, of the number that "*" stands for; if absent, lines are counted. */
  at: short.optional(),
  /** The number of a curve's first point there; by default the target's `from`. */
  firstAt: z.int().optional(),
  /** Numbers that a line or row must have, by name or column: `{ "epoch": 3 }`. */
  where: z.record(short, z.number()).optional(),
  /** The metric is the number read times this: 10000 where a share is printed and a count expected. */
  factor: z.number().default(1),
}).superRefine(({ pattern, column, value, at, where = {} }, context) => {
  const report = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if ((pattern === undefined) === (column === undefined)) {
    return report("pattern", "expected a pattern or a column");
  }
  if (pattern === undefined) {
    if (value !== undefined) report("value", "expected it with a pattern alone");
    return;
  }
  let names: string[];
  try {
    names = patternNames(parsePattern(pattern));
  } catch (error) {
    return report("pattern", (error as Error).message);
  }
  const known = (path: string, name: string) => {
    if (!names.includes(name)) {
      report(path, `expected one of the pattern's names ${names.join(", ")}; found "${name}"`);
    }
  };
  if (value !== undefined) known("value", value);
  if (at !== undefined) known("at", at);
  for (const name of Object.keys(where)) known("where", name);
  const left = names.filter((name) => name !== at && !Object.hasOwn(where, name));
  if (value === undefined && left.length !== 1) {
    report("value", `expected the name of the metric's number, one of ${names.join(", ")}`);
  }
});
export type Reading = z.infer<typeof Reading>;

export const Item = z.strictObject({
  /** Formed as the names of metrics are. */
  id: MetricName,
  /** Title of the graded item, in one line. */
  title: short,
  /** Items of one group are shown together: "Question 4". */
  group: short.optional(),
  target: Target,
  /** Ways to read a metric or a curve from text; the first that finds it counts. */
  text: z.array(Reading).min(1).max(20).optional(),
  expected: Expectation,
  points: z.number().nonnegative().max(1e6).default(1),
  credit: Credit.default({ kind: "none" }),
  visibility: Visibility.default("visible"),
  /** A hint for the submitter of an item that does not pass: what would change the value. */
  message: long.optional(),
  /** Hints for a value that is too low, and for one that is too high. */
  ifLow: long.optional(),
  ifHigh: long.optional(),
  source: Source,
}).superRefine(({ target, text = [], expected, source }, context) => {
  if (text.length > 0 && target.kind !== "metric" && target.kind !== "curve") {
    const message = `only a metric or a curve can be read from text; found ${target.kind}`;
    context.addIssue({ code: "custom", path: ["text"], message });
  }
  const expectations = alternatives(expected);
  const unfit = expectations.find(({ kind }) => !expectable[target.kind].includes(kind));
  if (unfit !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["expected", "kind"],
      message: `of a ${target.kind} there can be expected ${expectable[target.kind].join(", ")}; ` +
        `found ${unfit.kind}`,
    });
  }
  if (target.kind !== "curve") return;
  const points = target.to - target.from + 1;
  const check = (found: number, path: string[]) => {
    if (found === points) return;
    const message = `expected ${points}, one for each point of the curve; found ${found}`;
    context.addIssue({ code: "custom", path, message });
  };
  if (points < 1) {
    context.addIssue({ code: "custom", path: ["target", "to"], message: "expected from <= to" });
  } else {
    for (const one of expectations) {
      if (one.kind === "band") check(one.ranges.length, ["expected", "ranges"]);
      if (one.kind === "values") check(one.values.length, ["expected", "values"]);
    }
    if (source.from === "replicates") check(source.spread.length, ["source", "spread"]);
  }
});
export type Item = z.infer<typeof Item>;

/** A parameter of a job, which a seed sets. */
const SeedParameter = z.strictObject({ job: short, parameter: short });

/**
 * The replicates from which items are predicted, so that a run that is one of them is judged by the others:
 * a sample that contains a run cannot turn it away.
 */
export const Replicates = z.strictObject({
  what: long,
  /** One for each replicate. */
  seeds: z.array(z.int()).min(3).max(1000),
  /** The places where a run states its seeds: parameters of jobs, or a metric. */
  statedBy: z.strictObject({
    parameters: z.array(SeedParameter).max(1000).default([]),
    metric: MetricName.optional(),
  }),
  /** The level that the intervals must reach. */
  level: z.number().gt(0).lt(1),
  /** The range of a metric's possible values, a curve's with "*" for the number at its end. */
  bounds: z.record(
    z.string(),
    z.strictObject({ low: z.number().optional(), high: z.number().optional() }),
  ).default({}),
  /** Metric → its values, in the order of the seeds. */
  samples: z.record(MetricName, z.array(z.number())),
}).superRefine(({ seeds, samples }, context) => {
  for (const [name, { length }] of Object.entries(samples)) {
    if (length === seeds.length) continue;
    const message = `expected ${seeds.length} values, one for each seed; found ${length}`;
    context.addIssue({ code: "custom", path: ["samples", name], message });
  }
});
export type Replicates = z.infer<typeof Replicates>;

/** A metric by which submissions are ranked. */
const Ranked = z.strictObject({
  name: short,
  metric: MetricName,
  order: z.enum(["ascending", "descending"]).default("descending"),
});

/** The items of one group: a question of an assignment. */
const Group = z.strictObject({
  name: short,
  /** Points of the whole group, which its items share by their own; by default the sum of theirs. */
  points: z.number().nonnegative().max(1e6).optional(),
});

export const Expected = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  title: short,
  about: long,
  /** The name of the experiment whose runs it is for. */
  experiment: short,
  /** Groups in the order in which they are shown; others follow, as items name them. */
  groups: z.array(Group).max(1000).default([]),
  items: z.array(Item).min(1).max(10_000),
  /** Absent where no item is predicted from replicates, or these are not known. */
  replicates: Replicates.optional(),
  leaderboard: z.array(Ranked).max(20).default([]),
}).superRefine(({ groups, items, replicates }, context) => {
  groups.forEach(({ name, points }, i) => {
    const report = (message: string) =>
      context.addIssue({ code: "custom", path: ["groups", i, "name"], message });
    const own = items.filter(({ group }) => group === name);
    if (groups.findIndex((group) => group.name === name) < i) {
      report(`expected each group once; found "${name}" again`);
    } else if (own.length === 0) report(`expected an item of the group "${name}", found none`);
    else if (points !== undefined && points > 0 && own.every((item) => item.points === 0)) {
      report(`expected an item with points in the group "${name}", found none`);
    }
  });
  const seen = new Set<string>();
  items.forEach(({ id, target, source }, i) => {
    if (seen.has(id)) {
      const message = `expected each id once; found "${id}" again`;
      context.addIssue({ code: "custom", path: ["items", i, "id"], message });
    }
    seen.add(id);
    if (replicates === undefined || source.from !== "replicates") return;
    const names = target.kind === "metric"
      ? [target.name]
      : target.kind === "curve"
      ? curveMetrics(target)
      : [];
    const lacking = names.find((name) => !Object.hasOwn(replicates.samples, name));
    if (lacking === undefined) return;
    const message = `expected a sample of "${lacking}" among the replicates, found none`;
    context.addIssue({ code: "custom", path: ["items", i, "source"], message });
  });
});
export type Expected = z.infer<typeof Expected>;
export type ExpectedInput = z.input<typeof Expected>;

/** The published JSON Schema of a file as it is written, defaults left out. */
export const expectedJsonSchema = (): unknown => ({
  ...z.toJSONSchema(Expected, { io: "input" }),
  title: "Expected values of a fanin run",
});
