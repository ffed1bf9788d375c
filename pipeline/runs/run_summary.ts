/**
 * What a run did and what it found, as text for people. Made from the manifest, the findings and the
 * ledger.
 */
import type { Ledger } from "../../schemas/run/judged_claims.ts";
import type { Expectation, Finding } from "../../schemas/run/findings.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { type Failure, failureLines } from "../engine/event.ts";
import { ledgerLines } from "../claims/claims_table.ts";
import { count, seconds, textTable } from "../terminal/text_table.ts";
import { linesWithin, printable } from "../terminal/escape.ts";

export interface JobFindings {
  subject: string;
  findings: readonly Finding[];
}

function expectedText(expected: Expectation): string {
  switch (expected.kind) {
    case "exact":
      return String(expected.value);
    case "rounded":
      return expected.value.toFixed(expected.digits);
    case "range":
      return `${expected.low} to ${expected.high}`;
  }
}

const measuredText = ({ expected, measured }: Finding): string =>
  measured === null
    ? "not measured"
    : Number.isInteger(measured)
    ? String(measured)
    : measured.toFixed(expected.kind === "rounded" ? expected.digits + 3 : 6);

const adapterText = ({ adapter, driver }: Manifest["environment"]): string =>
  adapter === null ? "none" : `${adapter}, driver ${driver}`;

/** Ends with a line break; what a terminal would act on is escaped. */
export function summaryText(
  manifest: Manifest,
  findings: readonly JobFindings[],
  ledger: Ledger,
  collisions: readonly Failure[],
): string {
  const { jobs, environment: machine } = manifest;
  const stateOf = ({ status, from }: ManifestJob): string => from ?? status;
  const by = (state: string) => jobs.filter((job) => stateOf(job) === state).length;
  const states = Object.entries({
    ran: "ran",
    cached: "from the store",
    remote: "from the remote",
    failed: "failed",
    skipped: "skipped",
    interrupted: "interrupted",
  }).filter(([state]) => by(state) > 0).map(([state, words]) => `${by(state)} ${words}`);
  const lines = [
    `Run ${manifest.run}: ${manifest.status} in ${seconds(manifest.seconds)}; ` +
    `${count(jobs.length, "job")}: ${states.join(", ")}.`,
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
  const rows = findings.flatMap(({ subject, findings }) =>
    findings.map((finding) => [
      `${subject}.${finding.metric}`,
      expectedText(finding.expected),
      measuredText(finding),
      finding.agrees ? "agrees" : "DIFFERS",
    ])
  );
  if (rows.length > 0) {
    const agreeing = rows.filter((row) => row[3] === "agrees").length;
    lines.push(
      "",
      ...textTable([["Figure", "Expected", "Measured", ""], ...rows], [1, 2]),
      "",
      `${agreeing} of ${count(rows.length, "figure")} as expected.`,
    );
  }
  if (ledger.claims.length > 0) lines.push("", ...ledgerLines(ledger));
  if (collisions.length > 0) {
    const head = "Left out of metrics.json and claims.json, and kept in the jobs' own artifacts:";
    const mend = `Stages that declare "names" have such names found before anything runs.`;
    lines.push("", head, ...collisions.flatMap(failureLines), mend);
  }
  return printable(lines);
}
