/**
 * Finds names that two jobs of a run give: metrics under one name, verdicts on one claim. Before a run,
 * stored results and declarations of stages show them. After it they are certain, and the run leaves
 * them out of its own files and reports them.
 */
import type { Action } from "../../schemas/run/action.ts";
import type { Ledger } from "../../schemas/run/judged_claims.ts";
import { MetricName } from "../../schemas/run/metric_name.ts";
import type { Metrics } from "../../schemas/run/metric_values.ts";
import type { Job } from "../engine/dag.ts";
import type { Failure, Named } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import { metricName, subjectOf } from "./metric_names.ts";

/** The ids of the claims and controls in a claims table. */
const idsOf = ({ claims, controls }: Ledger): string[] =>
  [...claims, ...controls].map(({ id }) => id);

export type Collision = Extract<Failure, { reason: "duplicate-name" }>;

/** Names that a job gives, as far as they are known. */
interface Given {
  job: string;
  names: readonly string[];
}

/** The names that more than one job gives. */
function collisionsIn(kind: Named, given: readonly Given[]): Collision[] {
  const jobsOf = new Map<string, string[]>();
  for (const { job, names } of given) {
    for (const name of new Set(names)) jobsOf.set(name, [...jobsOf.get(name) ?? [], job]);
  }
  return [...jobsOf].filter(([, jobs]) => jobs.length > 1)
    .map(([name, jobs]) => ({ reason: "duplicate-name", kind, name, jobs }));
}

/** The metrics that two jobs give under one name. */
export const metricCollisions = (
  given: readonly { job: string; value: Metrics }[],
): Collision[] =>
  collisionsIn(
    "metrics",
    given.map(({ job, value }) => ({
      job,
      names: Object.keys(value).map((name) => metricName(job, name)),
    })),
  );

/** The claims and controls that two jobs judge. */
export const claimCollisions = (given: readonly { job: string; value: Ledger }[]): Collision[] =>
  collisionsIn("claims", given.map(({ job, value }) => ({ job, names: idsOf(value) })));

/** A job that is to run, with its stored result if it has one. */
interface Planned {
  job: Job;
  action?: Pick<Action, "outputs">;
}

/**
 * Throws the failure of the first two jobs that would give the same names. Names of a job that has no
 * result are those that its stage declares. A stage that declares none gives the same whatever its job.
 */
export function refuseCollisions(
  planned: readonly Planned[],
  read: (sha256: string) => Uint8Array,
): void {
  for (const kind of ["metrics", "claims"] as const) {
    const given = planned.filter(({ job }) => outputsOf(job, kind).length > 0)
      .map((one) => ({ job: one.job, names: namesOf(one, kind, read) }));
    const known = given.flatMap(({ job, names }) =>
      names === undefined ? [] : [{ job: job.name, names }]
    );
    const [collision] = collisionsIn(kind, known);
    if (collision !== undefined) throw new Failed(collision);
    const alike = Map.groupBy(
      given,
      ({ job }) => kind === "metrics" ? `${job.stage.name} ${subjectOf(job.name)}` : job.stage.name,
    );
    for (const jobs of alike.values()) {
      if (jobs.length === 1 || jobs.every(({ names }) => names !== undefined)) continue;
      const [{ job: { stage } }] = jobs;
      throw new Failed({
        reason: "same-names",
        kind,
        stage: stage.name,
        jobs: jobs.map(({ job }) => job.name),
      });
    }
  }
}

/** Kinds of the artifacts that give names. */
const kinds: Record<Named, string> = { metrics: "metrics", claims: "ledger" };

const outputsOf = ({ stage }: Job, kind: Named): string[] =>
  Object.entries<AnyArtifactType>(stage.outputs)
    .filter(([, type]) => type.kind === kinds[kind]).map(([name]) => name);

/** Names that a job gives; undefined if they are not known before it runs. */
function namesOf(
  { job, action }: Planned,
  kind: Named,
  read: (sha256: string) => Uint8Array,
): string[] | undefined {
  const declared = declaredBy(job, kind);
  const inRun = (names: readonly string[]) =>
    kind === "metrics" ? names.map((name) => metricName(job.name, name)) : [...names];
  if (action === undefined) return declared && inRun(declared);
  try {
    return outputsOf(job, kind).flatMap((output) => {
      const type: AnyArtifactType = job.stage.outputs[output];
      const value = type.decode(read(action.outputs[output].sha256));
      return inRun(kind === "metrics" ? Object.keys(value) : idsOf(value));
    });
  } catch {
    // Whoever reads the result next reports that it is lost or damaged.
    return declared && inRun(declared);
  }
}

/** Names that a job's stage declares. Refuses a name that no metric can have, before the job runs. */
function declaredBy({ stage, parameters }: Job, kind: Named): readonly string[] | undefined {
  const declared = stage.names?.(parameters)[kind];
  if (kind === "claims") return declared;
  for (const name of declared ?? []) {
    const { error } = MetricName.safeParse(name);
    if (error === undefined) continue;
    const [{ message: problem }] = error.issues;
    throw new Failed({ reason: "unfit-metric-name", stage: stage.name, problem });
  }
  return declared;
}
