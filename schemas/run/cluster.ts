/** The user's file that says how jobs are submitted to a site's Slurm. */
import { z } from "zod";
import { Resources } from "./job_resources.ts";

/** One argument on sbatch's command line; what would end it or begin another is no part of it. */
const word = z.string().min(1).max(1000)
  // deno-lint-ignore no-control-regex
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), {
    error: "expected no control characters",
  });

/** Reasons why arguments of sbatch cannot be given, each with their names. */
const impossible = {
  "fanin sets it itself": [
    "array",
    "chdir",
    "comment",
    "dependency",
    "error",
    "export",
    "export-file",
    "get-user-env",
    "hold",
    "input",
    "job-name",
    "kill-on-invalid-dep",
    "no-requeue",
    "open-mode",
    "output",
    "parsable",
    "requeue",
    "signal",
    "wait",
    "wrap",
  ],
  "jobs of another cluster or user are not found again": [
    "cluster-constraint",
    "clusters",
    "gid",
    "uid",
  ],
  "with it sbatch submits nothing, or says no number": [
    "help",
    "quiet",
    "test-only",
    "usage",
    "version",
  ],
};

/** Returns why an argument cannot be given. sbatch takes an option by the beginning of its name too. */
function argumentProblem(argument: string): string | undefined {
  const given = argument.slice(2).split("=")[0];
  for (const [why, names] of Object.entries(impossible)) {
    const name = names.find((name) => name.startsWith(given));
    if (name !== undefined) return `expected no --${name}: ${why}`;
  }
}

export const ClusterFile = z.strictObject({
  partition: word.optional(),
  account: word.optional(),
  qos: word.optional(),
  constraint: word.optional(),
  /** Command that starts a job on a node, in the project's directory; for instance in a container. */
  command: z.array(word).min(1).max(100).default(["deno", "task", "--quiet", "job"]),
  /** Further arguments of sbatch, each in its long form: `--exclusive`, `--gres=gpu:a100:1`. */
  arguments: z.array(
    word.regex(/^--[a-z]/, 'expected the long form, "--name=value"').refine(
      (text) => argumentProblem(text) === undefined,
      { error: ({ input }) => argumentProblem(String(input)) },
    ),
  ).max(50).default([]),
  /** Seconds before the time limit at which a job with checkpoints stops at the next one. */
  grace: z.int().min(5).max(3600).default(60),
  /** Seconds between two questions to Slurm; results are seen sooner, in the run's directory. */
  poll: z.int().min(1).max(3600).default(5),
  /** Seconds for which calls to a busy controller are repeated before a run stops. */
  patience: z.int().min(0).max(86_400).default(300),
  /** In place of what a stage says that it needs, by the stage's name. */
  resources: z.record(z.string(), Resources.partial()).default({}),
});
export type ClusterFile = z.infer<typeof ClusterFile>;
