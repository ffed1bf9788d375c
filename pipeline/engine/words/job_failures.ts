/** Words failures of a job and of what it reads and stores. */
import { adapterAdvice, wordSystemError } from "./advice.ts";
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
  stopped: ({ step }) => `It stopped as requested, after step ${step}, which is kept.`,
  premature: ({ input }) =>
    `Its input ${input} is not there: the job before it has left no result.`,
  "damaged-blob": ({ sha256, found }) =>
    `The stored artifact ${sha256} is damaged: its bytes now have the SHA-256 ${found}. It was ` +
    `moved to damaged/; run "deno task reproduce" to compute it again.`,
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
  "data-unusable": ({ path, problem, kind }) =>
    `${path} cannot be read as an input: ${problem}. The DAG names it or a directory that holds ` +
    `it; put it there, or name another ${kind} in the DAG.`,
  "data-changed": ({ path }) =>
    `${path} was changed after its hash was taken, so it is not stored. Run again.`,
  "store-in-use": () =>
    "A run is using the store, and nothing is removed meanwhile. Wait for it to end.",
  "no-backend": ({ accepted }) =>
    `The experiment accepts the backend ${accepted.join(", then ")}, and this machine has no ` +
    `WebGPU adapter. ${adapterAdvice}, or accept the slower backend with --backend wasm.`,
};
