/**
 * Finds submissions that were computed alike, or once: jobs that depend on a machine or a seed and have
 * the same bytes. Honest runs of one seed on like machines do too, so it is reported and costs nothing.
 */
import type { Fingerprint, Grade, Similar } from "../../schemas/run/graded.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import { canonicalJson } from "../formats/json.ts";
import { sha256Of } from "../store/sha256.ts";
import { count, someOf } from "../terminal/numbers.ts";
import { derivedFrom, type Rubric } from "./rubric.ts";

type Fingerprints = Grade["trust"]["fingerprints"];

/** The fingerprints of the jobs with outputs that derive from a seed or from facts of a machine. */
export function fingerprintsOf({ jobs }: Manifest, rubric: Rubric): Fingerprints {
  const varying = derivedFrom(
    rubric,
    [...rubric.jobs].flatMap(([name, { seeds, job: { stage } }]) =>
      seeds.length > 0 || (stage.machine ?? []).length > 0 ? [name] : []
    ),
  );
  return Object.fromEntries(
    jobs.flatMap(({ name, outputs, started, seconds }): [string, Fingerprint][] => {
      if (Object.keys(outputs).length === 0 || !varying.has(name)) return [];
      const hashes = Object.entries(outputs).map(([output, { sha256 }]) => [output, sha256]);
      const digest = sha256Of(canonicalJson(Object.fromEntries(hashes)));
      return [[name, { outputs: digest, times: `${started} ${seconds}` }]];
    }),
  );
}

/** Compares two sets of fingerprints; undefined if no job has the same bytes in both. */
export function similarity(
  own: Fingerprints,
  to: string,
  other: Fingerprints,
): Similar | undefined {
  const shared = Object.keys(own).filter((name) => Object.hasOwn(other, name));
  const jobs = shared.filter((name) => own[name].outputs === other[name].outputs);
  if (jobs.length === 0) return undefined;
  const computedOnce = jobs.filter((name) => own[name].times === other[name].times);
  return { to, jobs, of: shared.length, computedOnce };
}

export const withSimilar = (grade: Grade, similar: readonly Similar[]): Grade => ({
  ...grade,
  trust: { ...grade.trust, similar: [...grade.trust.similar, ...similar] },
});

/** Cap on the jobs that are named, and on the submissions. */
const most = 3;

/** One sentence for all that are similar in one way: in a class, honest runs of one seed all are. */
export const similarTexts = (similar: readonly Similar[]): string[] =>
  [...Map.groupBy(similar, (one) => similarText({ ...one, to: "" })).values()]
    .map((alike) => similarText({ ...alike[0], to: someOf(alike.map(({ to }) => to), most) }));

function similarText({ to, jobs, of, computedOnce }: Similar): string {
  const same =
    `${jobs.length} of ${count(of, "job")} that depend on a machine or a seed have the ` +
    `bytes of ${to} (${someOf(jobs, most)})`;
  return computedOnce.length === 0
    ? `Similar: ${same}.`
    : `Similar: ${same}; ${computedOnce.length} of them began and ended at the same moments, so ` +
      "they were computed once.";
}
