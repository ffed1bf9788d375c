/**
 * Finds how a run deviates from its experiment: jobs that it left out, parameters that it changed. Checked
 * parameters are compared, with the stages' defaults. So `--set x=V` is no deviation where `x` is V anyway.
 */
import { canonicalJson } from "../../formats/json.ts";
import type { Deviation } from "../../../schemas/run/manifest.ts";
import { count, someOf } from "../../terminal/numbers.ts";
import { cutTo } from "../../terminal/phrase.ts";
import { differencesBetween, tellingTexts } from "../value_differences.ts";
import { dotted } from "./job_names.ts";

interface JobParameters {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Compares the jobs of a run with those of its experiment. Jobs that only the run has do not count. */
export function deviationOf(
  wanted: readonly JobParameters[],
  made: readonly JobParameters[],
): Deviation {
  const madeByName = new Map(made.map((job) => [job.name, job.parameters]));
  const deviation: Deviation = { missing: [], changed: [] };
  for (const { name: job, parameters } of wanted) {
    const own = madeByName.get(job);
    if (own === undefined) {
      deviation.missing.push(job);
      continue;
    }
    for (const [parameter, from] of Object.entries(parameters)) {
      // One that a side has not is a difference of code: its stage declares other parameters.
      if (!Object.hasOwn(own, parameter)) continue;
      const to = own[parameter];
      if (canonicalJson(from) === canonicalJson(to)) continue;
      deviation.changed.push({ job, parameter, from, to } as Deviation["changed"][number]);
    }
  }
  return deviation;
}

/** Tells whether a run is the whole experiment with its parameters. What is not known is not. */
export const isWhole = (deviation: Deviation | undefined): boolean =>
  deviation !== undefined && deviation.missing.length === 0 && deviation.changed.length === 0;

/** Jobs and parameters that are named; the rest is counted. */
const most = 3;

/** A value as JSON, shortened. */
export const shortJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  return cutTo(text, 40);
};

const text = (value: unknown): string => value === undefined ? "none" : JSON.stringify(value);

/** Says how a run deviates; completes "the run …", without a full stop. */
export function deviationText(deviation: Deviation | undefined): string {
  if (deviation === undefined) return "does not record whether it is its whole experiment";
  const { missing, changed } = deviation;
  const parts: string[] = [];
  if (missing.length > 0) {
    parts.push(
      `leaves out ${count(missing.length, "job")} of its experiment: ${someOf(missing, most)}`,
    );
  }
  if (changed.length > 0) {
    const values = changed.flatMap(({ job, parameter, from, to }) =>
      differencesBetween(from, to).map(({ path, from, to }) => {
        const [was, is] = tellingTexts(text(from), text(to));
        return `${dotted(job)}.${parameter}${path} = ${is} instead of ${was}`;
      })
    );
    parts.push(`has other parameters than its experiment: ${someOf(values, most)}`);
  }
  return parts.length === 0 ? "is its whole experiment" : parts.join(", and ");
}
