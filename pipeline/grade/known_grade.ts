/**
 * Keeps the grades of recorded runs, so that a list of runs grades each only once. A grade is kept under
 * the manifest, the expected values, the experiment and the code of the DAG that it came from.
 */
import { join } from "node:path";
import { z } from "zod";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Experiment } from "../../schemas/run/experiment.ts";
import { codeOf } from "../engine/code/code_hash.ts";
import { Failed } from "../engine/failed.ts";
import { loadExperiment, type Project } from "../engine/project/project.ts";
import { openRun } from "../runs/open_run.ts";
import { cachedValue, writeCachedValue } from "../store/cache_file.ts";
import { sha256Of } from "../store/sha256.ts";
import { committedFor } from "./expected_file.ts";
import { storeOf } from "../store/store.ts";
import { cachesPath } from "../store/store_place.ts";

const KnownGrade = z.strictObject({
  passed: z.boolean(),
  points: z.number(),
  maxPoints: z.number(),
});
export type KnownGrade = z.infer<typeof KnownGrade>;

/** Form of a kept grade; of a run that has none, null and the reason. */
const Kept = z.strictObject({
  version: z.literal(3),
  from: z.string(),
  grade: KnownGrade.nullable(),
  why: z.string().optional(),
});

/** A run's grade, as far as it is known. */
export interface FoundGrade {
  /** Null where it has none, or where that is not known. */
  grade: KnownGrade | null;
  /** The reason why it has none, in a sentence; absent where nothing is expected of such a run. */
  why?: string;
  /** The failure to load the project, without which the run cannot be graded. */
  problem?: Failed;
}

/** Opens the grades of a project's runs. `load` is called only to grade a run. */
export function openGrades(
  place: Pick<Project, "root" | "artifacts" | "experiments" | "dagModule">,
  load: () => Promise<Project>,
) {
  const { artifacts, experiments } = place;
  let project: Promise<Project> | undefined;
  let code: Promise<string | undefined> | undefined;
  const expectedOf = new Map<string, string | undefined>();
  const expected = (experiment: string) => {
    if (!expectedOf.has(experiment)) {
      expectedOf.set(experiment, committedFor(artifacts, experiment)?.sha256);
    }
    return expectedOf.get(experiment);
  };
  return {
    /** The grade of a recorded run. */
    async of(manifest: Manifest): Promise<FoundGrade> {
      const { run, status, experiment: { name } } = manifest;
      const sha256 = status === "complete" ? expected(name) : undefined;
      if (sha256 === undefined) return { grade: null };
      const experiment = await committedExperiment(experiments, name);
      const path = join(cachesPath(artifacts), "grades", `${run}.json`);
      const dag = await (code ??= codeOfDag(place));
      const from = sha256Of(JSON.stringify([manifest, sha256, experiment, dag]));
      const kept = dag === undefined ? undefined : cachedValue(path, Kept);
      if (kept?.from === from) return kept;
      project ??= load();
      const problem = await project.then(() => undefined, (error) => error);
      if (problem instanceof Failed) return { grade: null, problem };
      // Loaded here, as a kept grade needs none of it.
      const { gradeSummary } = await import("./grade_summary.ts");
      using source = await openRun(artifacts, run);
      const { report, ungraded: why } = await gradeSummary(await project, source);
      const grade = report && KnownGrade.strip().parse(report);
      const found: z.infer<typeof Kept> = { version: 3, from, grade, why };
      if (dag !== undefined) writeCachedValue(path, found);
      return { grade, why };
    },
  };
}

/** The committed experiment of a name; null where there is none that can be loaded. */
async function committedExperiment(
  experiments: Project["experiments"],
  name: string,
): Promise<Experiment | null> {
  if (!Object.hasOwn(experiments, name)) return null;
  try {
    return await loadExperiment({ experiments }, name);
  } catch (error) {
    if (error instanceof Failed) return null;
    throw error;
  }
}

/** The hash of all files that the DAG comes from; undefined where one cannot be read, as loading it then says. */
async function codeOfDag(
  { root, artifacts, dagModule }: Pick<Project, "root" | "artifacts" | "dagModule">,
): Promise<string | undefined> {
  const store = storeOf(artifacts);
  const unit = { name: "/dag", module: dagModule, isStage: false };
  try {
    const codes = await codeOf([unit], root, store.table, store.caches, () => {});
    return codes.get(unit.name)!.sha256;
  } catch {
    return undefined;
  }
}
