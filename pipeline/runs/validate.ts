/**
 * Whether a manifest from elsewhere is consistent with itself: hashes over what they stand for, wires
 * between jobs that there are. What it says of bytes is checked against the bytes, by `import.ts`.
 */
import { isReserved, type Manifest, type ManifestJob } from "../../schemas/run/manifest.ts";
import { canonicalJson } from "../formats/json.ts";
import { identityOf } from "./identity.ts";
import { type JobRecord, keyOf, parseLines, recordOf } from "../engine/key.ts";

/** The first thing that does not fit; undefined if all does. Completes "its manifest …". */
export function manifestProblem(manifest: Manifest): string | undefined {
  if (isReserved(manifest.run)) {
    return `has the id ${manifest.run}, which is a name for other runs (latest, last, reference)`;
  }
  const jobs = new Map(manifest.jobs.map((job) => [job.name, job]));
  if (jobs.size !== manifest.jobs.length) return "names two jobs alike";
  if (identityOf(manifest.jobs.map(({ name, key }) => ({ name, key }))) !== manifest.identity) {
    return "has an identity that is not the hash over its jobs' keys";
  }
  for (const job of manifest.jobs) {
    const problem = jobProblem(job, jobs);
    if (problem !== undefined) {
      return `says of ${JSON.stringify(job.name)} what cannot be: ${problem}`;
    }
  }
}

function jobProblem(job: ManifestJob, jobs: ReadonlyMap<string, ManifestJob>): string | undefined {
  for (const [input, { job: from, output, sha256 }] of Object.entries(job.inputs)) {
    const producer = jobs.get(from);
    if (producer === undefined) return `its input ${input} comes from ${from}, which is no job`;
    if (sha256 === undefined) continue;
    if (!Object.hasOwn(producer.outputs, output) || producer.outputs[output].sha256 !== sha256) {
      return `its input ${input} is not the output ${output} of ${from}`;
    }
  }
  const { key } = job;
  if (key === undefined) {
    return Object.keys(job.outputs).length > 0 ? "outputs, and no key" : undefined;
  }
  if (job.lines.some((line) => line.includes("\n"))) return "a key line of two lines";
  const lines = parseLines(job.lines);
  if (keyOf(lines) !== key) return "its key is not the hash over its lines";
  let record: JobRecord;
  try {
    record = recordOf(lines);
  } catch {
    return "a key line that has no JSON where it should";
  }
  const inputs = Object.fromEntries(
    Object.entries(job.inputs).map(([name, { sha256 }]) => [name, sha256]),
  );
  if (record.stage !== job.stage) return "its key lines name another stage";
  if (canonicalJson(record.parameters) !== canonicalJson(job.parameters)) {
    return "its key lines have other parameters";
  }
  if (canonicalJson(record.inputs) !== canonicalJson(inputs)) {
    return "its key lines have other inputs";
  }
  const ended = job.started !== undefined && job.seconds !== undefined;
  if (Object.keys(job.outputs).length > 0 && !ended) {
    return "outputs, and no time at which they came";
  }
}
