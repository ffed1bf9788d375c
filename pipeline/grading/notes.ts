/** What a reader of a grade should know of the run besides: whether it is the experiment as committed. */
import type { Expected } from "../../schemas/expected.ts";
import type { Manifest } from "../../schemas/manifest.ts";
import { canonicalJson } from "../format/json.ts";
import { loadExperiment, type Project } from "../project.ts";

/** How many changed parameters are named. */
const most = 6;

export async function notesOn(
  project: Project,
  { experiment }: Manifest,
  expected: Expected,
): Promise<string[]> {
  const notes: string[] = [];
  if (experiment.name !== expected.experiment) {
    notes.push(
      `The run is of the experiment ${experiment.name}, and the expected figures are for ` +
        `${expected.experiment}.`,
    );
  }
  if (!(experiment.name in project.experiments)) return notes;
  const committed = (await loadExperiment(project, experiment.name)).parameters;
  const jobs = new Set([...Object.keys(committed), ...Object.keys(experiment.parameters)]);
  const changed = [...jobs].flatMap((job) => {
    const [from, to] = [committed[job] ?? {}, experiment.parameters[job] ?? {}];
    return [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .filter((name) => canonicalJson(from[name] ?? null) !== canonicalJson(to[name] ?? null))
      .map((name) => `${job}.${name} = ${JSON.stringify(to[name] ?? null)}`);
  });
  if (changed.length > 0) {
    notes.push(
      `The run was made with other parameters than the experiment's: ${
        changed.slice(0, most).join(", ")
      }${changed.length > most ? ` and ${changed.length - most} more` : ""}.`,
    );
  }
  return notes;
}
