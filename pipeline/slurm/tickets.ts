/**
 * Makes tickets from plans: which jobs go to Slurm, in which groups, and which wait for which. Replicates of
 * a job are the elements of one array; a job that two replicates share is one ticket. Submits nothing.
 */
import { Resources } from "../../schemas/run/job_resources.ts";
import type { Ticket } from "../../schemas/run/slurm_submission.ts";
import type { ClusterFile } from "../../schemas/run/cluster.ts";
import type { Job } from "../engine/dag.ts";
import { lineTexts } from "../engine/key.ts";
import { canonicalJson } from "../formats/json.ts";
import type { PlannedJob } from "../engine/plan.ts";
import { type Context, linesOf } from "../engine/keyed_job.ts";
import { sha256Of } from "../store/sha256.ts";

/** Tickets by number; the number is (the job's place in the DAG) × (replicates) + replicate. */
export type Tickets = Map<number, Ticket>;

interface Handover {
  tickets: Tickets;
  /** For each replicate, the ticket of each job that is submitted. */
  of: Map<string, number>[];
}

/** Returns a job's resources: its stage's, changed by the site's file. */
export const resourcesOf = ({ stage, resources }: Job, cluster: ClusterFile): Resources =>
  Resources.parse({ ...resources, ...cluster.resources[stage.name] });

/**
 * Tickets of all jobs that are not cached, in an order in which they can run. The replicates' plans
 * must be of the same jobs.
 */
export function ticketsFor(
  replicates: readonly (readonly PlannedJob[])[],
  context: Pick<Context, "codes" | "machine" | "data" | "versions">,
  cluster: ClusterFile,
  force: ReadonlySet<string>,
): Handover {
  const tickets: Tickets = new Map();
  const of = replicates.map(() => new Map<string, number>());
  const byName = replicates.map((planned) => new Map(planned.map((one) => [one.job.name, one])));
  const byIdentity = new Map<string, number>();
  const identities = new Map<number, string>();
  const jobs = replicates[0].length;
  for (let place = 0; place < jobs; place++) {
    replicates.forEach((planned, replicate) => {
      const { job, ...state } = planned[place];
      if (state.state === "cached") return;
      const outputOf = (from: { job: string; output: string }): Ticket["inputs"][string] => {
        const ticket = of[replicate].get(from.job);
        if (ticket !== undefined) return { ticket, output: from.output };
        const before = byName[replicate].get(from.job)!;
        if (before.state !== "cached") throw new Error(`${from.job} is neither stored nor planned`);
        return { sha256: before.action.outputs[from.output].sha256 };
      };
      const inputs = Object.fromEntries(
        Object.entries(job.inputs).map(([name, from]) => [name, outputOf(from)]),
      );
      const lines = lineTexts(linesOf(job, {}, context));
      // Two jobs of the same lines whose inputs come from the same tickets have the same key.
      const identity = sha256Of(canonicalJson({
        lines,
        inputs: Object.fromEntries(
          Object.entries(inputs).map(([name, input]) => [
            name,
            "ticket" in input
              ? { from: identities.get(input.ticket)!, output: input.output }
              : input,
          ]),
        ),
      }));
      const number = byIdentity.get(identity) ?? place * replicates.length + replicate;
      of[replicate].set(job.name, number);
      if (byIdentity.has(identity)) return;
      byIdentity.set(identity, number);
      identities.set(number, identity);
      tickets.set(number, {
        job: job.name,
        stage: job.stage.name,
        force: force.has(job.name),
        again: state.state === "run" && state.again === true,
        resources: resourcesOf(job, cluster),
        lines,
        inputs,
      });
    });
  }
  return { tickets, of };
}

/** The tickets of one place in the DAG: submitted together, as an array if they are several. */
export interface Group {
  /** The ticket of an element is this plus the element's index. */
  base: number;
  /** Indices of the elements, ascending. */
  elements: number[];
}

export const isArray = ({ elements }: Group): boolean => elements.length > 1;

/** In the order of the DAG. Two jobs in one place are none: names that share a ticket share a place. */
export function groupsOf(tickets: Tickets, replicates: number): Group[] {
  const groups = new Map<number, Group>();
  for (const number of [...tickets.keys()].sort((a, b) => a - b)) {
    const base = number - number % replicates;
    const group = groups.get(base) ?? { base, elements: [] };
    group.elements.push(number - base);
    groups.set(base, group);
  }
  return [...groups.values()];
}

/**
 * Returns a group's `--dependency` argument of sbatch; undefined if it waits for nothing. `numberOf`
 * returns Slurm's number of a submitted group. An array waits element by element (`aftercorr`) for an
 * array of the same indices; otherwise for all of the other group.
 */
export function dependencyOf(
  group: Group,
  tickets: Tickets,
  groupOf: (ticket: number) => Group,
  numberOf: (group: Group) => number,
): string | undefined {
  const needs = new Map<Group, Map<number, Set<number>>>();
  for (const element of group.elements) {
    for (const input of Object.values(tickets.get(group.base + element)!.inputs)) {
      if (!("ticket" in input)) continue;
      const needed = groupOf(input.ticket);
      const byElement = needs.get(needed) ?? new Map<number, Set<number>>();
      byElement.set(
        element,
        new Set(byElement.get(element)).add(input.ticket - needed.base),
      );
      needs.set(needed, byElement);
    }
  }
  const terms = [...needs].map(([needed, byElement]) => {
    const number = numberOf(needed);
    if (!isArray(needed)) return `afterok:${number}`;
    if (!isArray(group)) {
      const elements = [...byElement.values()].flatMap((set) => [...set]);
      return `afterok:${elements.map((element) => `${number}_${element}`).join(":")}`;
    }
    const isOwn = group.elements.every((element) => {
      const wanted = byElement.get(element);
      return wanted?.size === 1 && wanted.has(element);
    });
    return `${isOwn ? "aftercorr" : "afterok"}:${number}`;
  });
  return terms.length === 0 ? undefined : terms.sort().join(",");
}
