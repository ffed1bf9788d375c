/**
 * Words what a run did and found, as text for people, from its manifest and its claims.
 */
import type { Ledger } from "../../schemas/run/judged_claims.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Failure } from "../engine/event.ts";
import { failureLines } from "../engine/failed.ts";
import { claimsTable } from "../claims/claims_table.ts";
import { count, seconds } from "../terminal/numbers.ts";
import { jobCounts, stateOf } from "./job_counts.ts";
import type { Block } from "../terminal/laid_out.ts";
import { linesWithin } from "../terminal/escape.ts";

const adapterText = ({ adapter, driver }: Manifest["environment"]): string =>
  adapter === null ? "none" : `${adapter}, driver ${driver}`;

/** The run in a sentence, then its details. */
export const summaryOf = (
  manifest: Manifest,
  ledger: Ledger,
  collisions: readonly Failure[],
): Block[] => [
  `Run ${manifest.run}: ${manifest.status} in ${seconds(manifest.seconds)}; ` +
  `${jobCounts(manifest.jobs)}.`,
  ...detailsOf(manifest, ledger, collisions),
];

/** The machine, then a line for each job, error and claim. */
export function detailsOf(
  { jobs, environment: machine }: Pick<Manifest, "jobs" | "environment">,
  ledger: Ledger,
  collisions: readonly Failure[],
): Block[] {
  const times = jobs.some(({ seconds }) => seconds !== undefined) ? ["Time"] : [];
  const blocks: Block[] = [
    `Deno ${machine.deno} on ${machine.os} ${machine.arch}, ${machine.cpu}, ` +
    `${count(machine.cores, "core")}; WebGPU adapter: ${adapterText(machine)}.`,
    "",
    {
      rows: [
        ["Job", "State", ...times],
        ...jobs.map((job) => [
          job.name,
          stateOf(job),
          ...times.map(() => job.seconds === undefined ? "" : seconds(job.seconds)),
        ]),
      ],
      right: [2],
    },
  ];
  const errors = jobs.filter((job) => job.error !== undefined);
  if (errors.length > 0) blocks.push("", ...errors.flatMap((job) => linesWithin(job.error!)));
  if (ledger.claims.length > 0) blocks.push("", ...claimsTable(ledger));
  if (collisions.length > 0) {
    const head = "Left out of metrics.json and claims.json, and kept in the jobs' own artifacts:";
    const hint = `Stages that declare "names" have such names found before anything runs.`;
    blocks.push("", head, ...collisions.flatMap(failureLines), hint);
  }
  return blocks;
}
