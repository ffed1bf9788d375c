/** Words failures of a job and of what it reads and stores. */
import { adapterAdvice, wordSystemError } from "./advice.ts";
import { oneLine } from "../../terminal/escape.ts";
import { count } from "../../terminal/numbers.ts";
import { shownPath } from "../../terminal/user_path.ts";
import type { JobFailure, Words } from "../event.ts";

export const jobFailures: Words<JobFailure> = {
  "job-failed": ({ job, message, trace, log }) =>
    [
      `${job} failed: ${wordSystemError(message)}`,
      ...(trace ?? []).map((place) => `    ${place}`),
      ...log === undefined ? [] : [`  Its log: ${log}`],
    ].join("\n"),
  "unfit-output": ({ stage, output, problem }) =>
    `its stage ${stage} gave an output "${output}" that cannot be stored: ${problem}`,
  "job-skipped": ({ job, because }) => `${job} was not run: it needs ${because.join(", ")}`,
  interrupted: ({ job }) => `${job} was interrupted; what had finished is kept, run again to go on`,
  "run-interrupted": ({ stopped, left, log }) =>
    `interrupted: ${count(stopped, "job")} stopped, ${left} not started; run again to go on. ` +
    `Log: ${shownPath(log)}`,
  stopped: ({ step }) => `It stopped as requested, after step ${step}, which is kept.`,
  premature: ({ input }) =>
    `Its input ${input} is not there: the job before it has left no result.`,
  "damaged-blob": ({ sha256, found, movedTo }) =>
    `The stored artifact ${sha256} is damaged: its bytes now have the SHA-256 ${found}. ` +
    (movedTo === undefined
      ? `Run "deno task verify", which moves it to damaged/, and "deno task reproduce"`
      : `It was moved to ${shownPath(movedTo)}; run "deno task reproduce"`) +
    ` to compute it again.`,
  "missing-blob": ({ sha256 }) =>
    `The stored artifact ${sha256} is missing. Run "deno task reproduce" to compute it again.`,
  "unreadable-input": ({ input, problem }) => `Its input ${input} cannot be read: ${problem}`,
  "unreadable-output": ({ output, job, problem }) =>
    `The output ${output} of ${job} cannot be read: ${problem}`,
  "input-changed": ({ sha256, input }) =>
    `The stored artifact ${sha256}, its input ${input}, was changed or removed while it ran, so ` +
    `its result is not stored. Run again.`,
  "read-changed": ({ path }) =>
    `${path}, which it read, changed while it ran, so its result is not stored. Run again.`,
  "data-outside": ({ path }) =>
    `"${path}" names no file or directory within the repository, so it cannot be an input; ` +
    `expected a path that counts from the directory of deno.json. Move the data there.`,
  "data-unusable": ({ path, problem, kind, near }) =>
    `${path} cannot be read as an input: ${problem}. ` +
    (near === undefined ? "" : `Did you mean "${near}"? `) +
    `The DAG names it or a directory that holds it; put it there, or name another ${kind} in the ` +
    `DAG.`,
  "data-changed": ({ path }) =>
    `${path} was changed after its hash was taken, so it is not stored. Run again.`,
  "store-in-use": () =>
    "A run is using the store, and nothing is removed meanwhile. Wait for it to end.",
  "no-backend": ({ accepted }) =>
    `The experiment accepts the backend ${accepted.join(", then ")}, and this machine has no ` +
    `WebGPU adapter. ${adapterAdvice}, or accept the backend wasm with --backend wasm.`,
};

/** Characters of a message that are repeated where a log has all of it. */
const longest = 600;

/**
 * A failed job in few words: the first place of its trace, the number of jobs that do not run because of it,
 * and its log, which has the rest.
 */
export function briefly(
  { job, message, trace = [], log }: Extract<JobFailure, { reason: "job-failed" }>,
  keptBack: number,
): string {
  const text = oneLine(wordSystemError(message));
  const isLong = log !== undefined && text.length > longest;
  const shown = isLong ? `${text.slice(0, text.lastIndexOf(" ", longest))} …` : text;
  const place = trace.length === 0 ? "" : ` (${trace[0]})`;
  return [
    `${job}: ${asSentence(`${shown}${place}`)}`,
    ...keptBack === 0 ? [] : [`${count(keptBack, "job")} that ${needs(keptBack)} it did not run.`],
    ...log === undefined ? [] : [`Log: ${log}`],
  ].join(" ");
}

const asSentence = (text: string): string => /[.!?…]$/.test(text) ? text : `${text}.`;

const needs = (jobs: number): string => jobs === 1 ? "needs" : "need";
