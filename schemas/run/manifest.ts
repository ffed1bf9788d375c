/**
 * The manifest of a run: everything that led to its results, so that two runs can be compared from
 * their manifests alone. Key lines are the very text that was hashed for the job's key.
 */
import { z } from "zod";
import { Integrity, Sha256 } from "./digest.ts";
import { Experiment } from "./experiment.ts";
import { Read, StoredOutput } from "./action.ts";
import { isDated, Moment, Seconds, undated } from "./time.ts";
import { Tolerance } from "./tolerance.ts";

export const JobStatus = z.enum(["ran", "cached", "failed", "skipped", "interrupted"]);
export type JobStatus = z.infer<typeof JobStatus>;

/**
 * A path within a run's directory, with "/" between its parts, that leads nowhere else on any system:
 * no empty part, no "." or "..", no drive, no backslash, no control character.
 */
export const RunPath = z.string().max(1024).refine(
  (path) =>
    // deno-lint-ignore no-control-regex
    !/[\\\u0000-\u001f\u007f]|^[A-Za-z]:/.test(path) &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
  { error: "expected a path within the run, with / between its parts" },
);

export const ManifestOutput = StoredOutput.extend({
  type: z.string(),
  mediaType: z.string(),
  tolerance: Tolerance,
  file: RunPath,
});
export type ManifestOutput = z.infer<typeof ManifestOutput>;

export const ManifestJob = z.strictObject({
  name: z.string(),
  stage: z.string(),
  parameters: z.record(z.string(), z.json()),
  status: JobStatus,
  /** The origin of a cached result, if not the store here. */
  from: z.literal("remote").optional(),
  /** Absent where an input never came to be. */
  key: Sha256.optional(),
  lines: z.array(z.string()),
  inputs: z.record(
    z.string(),
    z.strictObject({ job: z.string(), output: z.string(), sha256: Sha256.optional() }),
  ),
  outputs: z.record(z.string(), ManifestOutput),
  /** The files that it read through its effects. */
  reads: z.array(Read).optional(),
  /** Start and wall time; of a cached job, those of the run that computed it. */
  started: Moment.optional(),
  seconds: Seconds.optional(),
  /** Slurm's data on a job that this run computed there. */
  slurm: z.strictObject({
    id: z.string(),
    node: z.string(),
    /** Seconds from being submitted until it began, and from then until its result was stored. */
    queued: Seconds,
    ran: Seconds,
    restarts: z.int().nonnegative(),
  }).optional(),
  error: z.string().optional(),
  /** Reasons why it ran, in words; absent where its result was cached. */
  why: z.array(z.string()).optional(),
}).refine(
  ({ started, seconds = 0 }) => started === undefined || isDated(started, seconds),
  undated,
);
export type ManifestJob = z.infer<typeof ManifestJob>;

/** The commit that the run was made from, or why it is not known; null outside of a repository. */
export const Git = z.union([
  z.strictObject({ commit: z.string(), clean: z.boolean() }),
  z.strictObject({ unknown: z.string() }),
]);
export type Git = z.infer<typeof Git>;

export const Environment = z.strictObject({
  deno: z.string(),
  v8: z.string(),
  typescript: z.string(),
  os: z.string(),
  kernel: z.string(),
  arch: z.string(),
  cpu: z.string(),
  cores: z.int().positive(),
  /** The WebGPU adapter, and the graphics drivers' versions; null where there is no adapter. */
  adapter: z.string().nullable(),
  driver: z.string().nullable(),
  /** Locked npm packages that the run's stages use: name → version. */
  packages: z.record(z.string(), z.string()),
  git: Git.nullable(),
});
export type Environment = z.infer<typeof Environment>;

/** Also the name of its directory. */
export const RunId = z.string().max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/, "expected letters, digits and -");

/** Tells whether an id would be taken for a name that commands have for runs. No run here gets such an id. */
export const isReserved = (id: string): boolean => /^(latest|last|reference)$/i.test(id);

/** Differences of a run from the whole experiment with its parameters; empty if there are none. */
export const Deviation = z.strictObject({
  /** Jobs of the experiment that were left out, as with `--only`. */
  missing: z.array(z.string()),
  /** Parameters with other values than the experiment's, as with `--set`. */
  changed: z.array(
    z.strictObject({ job: z.string(), parameter: z.string(), from: z.json(), to: z.json() }),
  ),
});
export type Deviation = z.infer<typeof Deviation>;

/** Source files by their paths in the project: the content, and the stages whose code has something of it. */
export const Sources = z.record(
  RunPath,
  z.strictObject({ sha256: Sha256, stages: z.array(z.string()) }),
);
export type Sources = z.infer<typeof Sources>;

export const Manifest = z.strictObject({
  version: z.literal(1),
  run: RunId,
  /** Hash over every job's name and key: two runs with the same one computed the same things. */
  identity: Sha256,
  status: z.enum(["complete", "failed", "interrupted"]),
  experiment: Experiment,
  /** Absent in manifests from before it was recorded. */
  deviation: Deviation.optional(),
  started: Moment,
  seconds: Seconds,
  environment: Environment,
  /** The files behind the code of its stages. Absent in manifests from before they were recorded. */
  sources: Sources.optional(),
  /**
   * Hashes that npm publishes of the packages that its stages use: `NAME@VERSION` → SHA-512 in base64.
   * Absent in manifests from before they were recorded.
   */
  integrity: z.record(z.string(), Integrity).optional(),
  jobs: z.array(ManifestJob),
}).refine(({ started, seconds }) => isDated(started, seconds), undated);
export type Manifest = z.infer<typeof Manifest>;
