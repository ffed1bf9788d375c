/** Words failures of names, parameters and wiring: what a user or a DAG asks for and cannot have. */
import { nearestNames } from "../../terminal/nearest.ts";
import { someOf } from "../../terminal/numbers.ts";
import type { NamingFailure, Words } from "../event.ts";

export const namingFailures: Words<NamingFailure> = {
  usage: ({ message }) => message,
  "unknown-name": ({ what, name, known, meant }) =>
    `No ${what} is named "${name}". ${nameHint(name, known, meant)}`,
  "no-such-run": ({ name, found, known }) => {
    const runs = known.length === 0
      ? `"deno task reproduce" makes one`
      : `the runs here are ${known.slice(0, 6).join(", ")}${known.length > 6 ? ", …" : ""}`;
    return `No run is named "${name}": ${found}; ${runs}.`;
  },
  "ambiguous-run": ({ name, known }) =>
    `"${name}" abbreviates the ids of ${known.length} runs; expected those of one. They are ` +
    `${someOf(known, 6)}. Write more of the id.`,
  "unfit-declaration": ({ job, what, expected, found }) =>
    `The job ${job} is not declared as expected: the ${what} should be ${expected}, found ` +
    `${found}. "deno check" finds such mistakes.`,
  "duplicate-job": ({ name, data }) =>
    data === undefined
      ? `Two jobs are named "${name}"; expected each name once. Rename one in the DAG.`
      : `The ${data.join(" and the ")} would be one job, "${name}": a job's name has letters, ` +
        `digits, "_", "-", "." and spaces alone. Rename one of them.`,
  "duplicate-stage": ({ name }) =>
    `Two stages are named "${name}"; expected each name once. Rename one.`,
  "unfit-metric-name": ({ stage, problem }) =>
    `The stage ${stage} declares a metric whose name is none: ${problem}`,
  "duplicate-name": ({ kind, name, jobs: given }) => {
    const jobs = given.join(" and by ");
    return kind === "metrics"
      ? `The metric "${name}" is given by ${jobs}; expected each name once. Name the jobs ` +
        `differently after the "/", or one of the metrics.`
      : `The claim ${name} is judged by ${jobs}; expected one verdict a claim. Leave it to one ` +
        `of them.`;
  },
  "same-names": ({ kind, stage, jobs }) => {
    const [what, hint] = kind === "metrics"
      ? [`give the same metrics under one name`, `Name the jobs differently after the "/"`]
      : [`judge the same claims`, `Leave them to one of the jobs`];
    return `${jobs.join(" and ")} are jobs of the stage ${stage} and would ${what}. ${hint}, or ` +
      `let the stage say by its "names" that theirs differ.`;
  },
  "missing-input": ({ job, input }) =>
    `${job} needs an input "${input}" and none is wired to it in the DAG.`,
  "wrong-wiring": ({ input, job, expected, found }) =>
    `The input "${input}" of ${job} expects ${expected}, found ${found}. Wire another output to ` +
    `it.`,
  cycle: ({ jobs }) => `These jobs wait for each other: ${jobs.join(" → ")}. A DAG has no cycle.`,
  "invalid-parameters": ({ job, problems }) =>
    `The parameters of ${job} do not fit its schema:\n  ${problems}`,
  "invalid-resources": ({ stage, problems }) =>
    `The resources of the stage ${stage} do not fit:\n  ${problems}\nCorrect them in the DAG.`,
  "unfit-name": ({ name }) =>
    `"${name}" becomes a path, and not every system can have it; expected letters, digits, "_", ` +
    `"-", "." and spaces between "/". Rename it in the DAG.`,
  "prototype-name": ({ job }) =>
    `The job ${job}, or an input, output or parameter of it, is named "__proto__", which ` +
    `JavaScript keeps for itself. Rename it in the DAG.`,
  "unfit-word": ({ stage, what, name }) =>
    `The stage ${stage} has the ${what} ${JSON.stringify(name)}; expected a name without spaces, ` +
    `which is one word of the key. Rename it.`,
  "long-name": ({ what, name, length, limit }) => {
    const part = length === name.length ? "It" : 'Its longest part between "/"';
    return `The name of the ${what} "${name.slice(0, 40)}…" becomes a file's. ${part} has ` +
      `${length} characters; expected ${limit} at most. Shorten it.`;
  },
  "same-place": ({ names }) =>
    `"${names[0]}" and "${names[1]}" are one name where case does not count or letters are ` +
    `composed otherwise; expected names that differ on every system. Rename one.`,
  "not-loaded": ({ what, problem }) => `${what} cannot be loaded: ${problem}`,
  "no-interval": ({ problems }) => `These replicates give no expected values: ${problems}`,
};

/** The known name that was probably meant, or all known names. */
function nameHint(
  name: string,
  known: readonly string[],
  meant: readonly string[] = nearestNames(name, known),
): string {
  const quoted = meant.map((one) => `"${one}"`);
  const last = quoted.pop();
  if (last !== undefined) {
    return `Did you mean ${quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`}?`;
  }
  if (known.length === 0) return "There is none.";
  if (known.length <= 12) return `Known: ${known.join(", ")}.`;
  return `${known.length} are known; the first: ${known.slice(0, 6).join(", ")}.`;
}
