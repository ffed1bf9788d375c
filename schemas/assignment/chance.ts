/**
 * Verdicts of whole runs from many seeds: which of them turn by chance, and how often. `tests/rates/`
 * measures them.
 */
import { z } from "zod";
import { Verdict } from "../run/claim_verdict.ts";
import { Rate } from "../run/expected.ts";
import { Environment } from "../run/manifest.ts";

const Count = z.int().nonnegative();

/** Sources of runs: whole experiments, or trainings judged as if each were a run. */
export const RunsOf = z.enum(["quick", "assignment", "parity", "last-batch", "pytorch"]);
export type RunsOf = z.infer<typeof RunsOf>;

const ChanceOfClaim = z.strictObject({
  id: z.string(),
  /** The verdict that every run must get, the reference run among them. */
  expected: Verdict,
  /** True if an interval or a margin differs between two seeds: only such a verdict can turn. */
  varies: z.boolean(),
  /**
   * The least confidence of its parts that vary; 1 where they are exact for their seed. Null for a claim
   * that does not vary.
   */
  level: z.number().min(0).max(1).nullable(),
  /** Runs with another verdict. */
  turned: Rate,
  /** Their seeds, with the verdict of each. */
  turns: z.array(z.strictObject({ seed: Count, verdict: Verdict })),
});

/** Runs that differ in their seeds alone. */
export const ChanceGroup = z.strictObject({
  of: RunsOf,
  /** Description in words, with what the seed sets. */
  what: z.string(),
  command: z.string(),
  date: z.iso.date(),
  /** Commits of our runs. The files of PyTorch's trainings say where those come from. */
  commits: z.array(z.string().regex(/^[0-9a-f]{40}$/)),
  /** Null for PyTorch's trainings, and for ours of several runs. */
  machine: Environment.pick({
    deno: true,
    os: true,
    arch: true,
    cpu: true,
    cores: true,
    adapter: true,
  }).nullable(),
  seeds: z.array(Count).min(1),
  /** Parameters that each seed sets in a whole experiment. */
  parameters: z.array(z.string()),
  /** Runs in which any verdict is not the expected one. */
  anyTurned: Rate,
  claims: z.array(ChanceOfClaim).min(1),
});
export type ChanceGroup = z.infer<typeof ChanceGroup>;

export const Chance = z.strictObject({ groups: z.array(ChanceGroup) });
export type Chance = z.infer<typeof Chance>;
