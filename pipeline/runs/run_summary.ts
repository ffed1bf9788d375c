/**
 * Words what a run did and found, as text for people, from its manifest and its claims.
 */
import type { Ledger } from "../../schemas/run/judged_claims.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import type { Failure } from "../engine/event.ts";
import { failureLines } from "../engine/failed.ts";
import { claimsTableLines } from "../claims/claims_table.ts";
import { count, seconds } from "../terminal/numbers.ts";
import { textTable } from "../terminal/text_table.ts";
import { linesWithin, printable } from "../terminal/escape.ts";

const adapterText = ({ adapter, driver }: Manifest["environment"]): string =>
  adapter === null ? "none" : `${adapter}, driver ${driver}`;

const stateOf = ({ status, from }: ManifestJob): string => from ?? status;

/** "64 jobs: 7 ran, 57 cached" */
export function jobCounts(jobs: readonly ManifestJob[]): string {
  const by = (state: string) => jobs.filter((job) => stateOf(job) === state).length;
  const states = Object.entries({
    ran: "ran",
    cached: "cached",
    remote: "from the remote",
    failed: "failed",
    skipped: "skipped",
    interrupted: "interrupted",
  }).filter(([state]) => by(state) > 0).map(([state, words]) => `${by(state)} ${words}`);
  return `${count(jobs.length, "job")}: ${states.join(", ")}`;
}

/** Ends with a line break; what a terminal would act on is escaped. Without columns no sentence is wrapped. */
export const summaryText = (
  manifest: Manifest,
  ledger: Ledger,
  collisions: readonly Failure[],
  columns?: number,
): string =>
  printable([
    `Run ${manifest.run}: ${manifest.status} in ${seconds(manifest.seconds)}; ` +
    `${jobCounts(manifest.jobs)}.`,
    ...detailLines(manifest, ledger, collisions, columns),
  ]);

/** The machine, then a line for each job, error and claim. */
export function detailLines(
  { jobs, environment: machine }: Pick<Manifest, "jobs" | "environment">,
  ledger: Ledger,
  collisions: readonly Failure[],
  columns?: number,
): string[] {
  const lines = [
    `Deno ${machine.deno} on ${machine.os} ${machine.arch}, ${machine.cpu}, ` +
    `${count(machine.cores, "core")}; WebGPU adapter: ${adapterText(machine)}.`,
    "",
    ...textTable(
      [
        ["Job", "State", "Time"],
        ...jobs.map((job) => [
          job.name,
          stateOf(job),
          job.seconds === undefined ? "" : seconds(job.seconds),
        ]),
      ],
      [2],
    ),
  ];
  const errors = jobs.filter((job) => job.error !== undefined);
  if (errors.length > 0) lines.push("", ...errors.flatMap((job) => linesWithin(job.error!)));
  if (ledger.claims.length > 0) lines.push("", ...claimsTableLines(ledger, columns));
  if (collisions.length > 0) {
    const head = "Left out of metrics.json and claims.json, and kept in the jobs' own artifacts:";
    const hint = `Stages that declare "names" have such names found before anything runs.`;
    lines.push("", head, ...collisions.flatMap(failureLines), hint);
  }
  return lines;
}
