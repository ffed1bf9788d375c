/**
 * Submits tickets to Slurm, each once. A job that Slurm has already, by the token in its comment, is not
 * submitted again, whoever submitted it and whatever became of that process.
 */
import type { Submission, Submitted } from "../../schemas/run/slurm_submission.ts";
import { driverVariables } from "../engine/machine/driver.ts";
import { cancel, commentOf, states, submit } from "./slurm_commands.ts";
import { noteSubmitted, outputPath, readSubmitted } from "./submission_files.ts";
import { dependencyOf, type Group, groupsOf, isArray, type Tickets } from "./tickets.ts";
import { Failed } from "../engine/failed.ts";

/** Environment variables that jobs get: those that finding and running Deno and a driver takes. */
const exported = ["PATH", "HOME", "LD_LIBRARY_PATH", "DENO_DIR", "XDG_CACHE_HOME"];

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Paths and settings that submitting needs. */
export interface Site {
  /** The project's directory, which every node must see under the same path. */
  root: string;
  /** The submission's. */
  directory: string;
  submission: Submission;
  tickets: Tickets;
  /** True if a stage's jobs can end at a checkpoint and go on from there. */
  hasSteps(stage: string): boolean;
}

/** The batch script of a group. `exec` makes Deno the process that Slurm's signals reach. */
const scriptOf = ({ directory, submission: { cluster } }: Site, { base, elements }: Group) =>
  `#!/bin/sh
exec ${[...cluster.command, directory].map(quoted).join(" ")} ${
    elements.length > 1 ? `$((${base} + SLURM_ARRAY_TASK_ID))` : base + elements[0]
  }
`;

function argumentsFor(
  { root, directory, submission, tickets, hasSteps }: Site,
  { base, elements }: Group,
  name: string,
): string[] {
  const { cluster, token } = submission;
  const { job, stage, resources } = tickets.get(base + elements[0])!;
  const several = elements.length > 1;
  const output = outputPath(directory.replaceAll("%", "%%"), job, several ? "%a" : undefined);
  return [
    `--job-name=${job}`,
    `--comment=${commentOf(token, name)}`,
    `--chdir=${root}`,
    `--output=${output}`,
    "--open-mode=append",
    `--export=${[...exported, ...driverVariables].join(",")}`,
    "--requeue",
    ...(hasSteps(stage) ? [`--signal=B:TERM@${cluster.grace}`] : []),
    "--nodes=1",
    "--ntasks=1",
    `--cpus-per-task=${resources.cores}`,
    `--mem=${resources.memory}M`,
    `--time=${resources.minutes}`,
    ...(resources.gpus > 0 ? [`--gpus=${resources.gpus}`] : []),
    ...(["partition", "account", "qos", "constraint"] as const)
      .flatMap((key) => cluster[key] === undefined ? [] : [`--${key}=${cluster[key]}`]),
    ...cluster.arguments,
    ...(several ? [`--array=${elements.join(",")}`] : []),
  ];
}

/** Slurm's numbers of what has this submission's token, by the rest of the comment. */
async function known({ submission: { token } }: Site): Promise<Map<string, number>> {
  const answer = await states();
  if ("problem" in answer) {
    throw new Failed({ reason: "slurm-refused", program: "squeue", message: answer.problem });
  }
  const head = commentOf(token, "");
  return new Map(
    answer.jobs.filter(({ comment }) => comment?.startsWith(head))
      .map(({ id, comment }) => [comment.slice(head.length), Number.parseInt(id)]),
  );
}

/**
 * Submits every ticket that is not with Slurm yet, each group after those that it waits for. If Slurm
 * refuses one, what was submitted is cancelled. `onProgress` gets the number of submitted jobs.
 */
export async function submitAll(
  site: Site,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { directory, submission, tickets } = site;
  const groups = groupsOf(tickets, submission.experiments.length);
  const byBase = new Map(groups.map((group) => [group.base, group]));
  const replicates = submission.experiments.length;
  const groupOf = (ticket: number) => byBase.get(ticket - ticket % replicates)!;
  const numbers = new Map<Group, number>();
  for (const { ticket, id } of readSubmitted(directory)) {
    if (tickets.has(ticket)) numbers.set(groupOf(ticket), Number.parseInt(id));
  }
  // Who was cut off may have submitted a job and not written it down.
  const adopted = numbers.size < groups.length ? await known(site) : new Map();
  let done = 0;
  try {
    for (const [place, group] of groups.entries()) {
      if (!numbers.has(group)) {
        const name = `g${place}`;
        const dependency = dependencyOf(group, tickets, groupOf, (one) => numbers.get(one)!);
        const number = adopted.get(name) ?? await submit(scriptOf(site, group), [
          ...argumentsFor(site, group, name),
          ...(dependency === undefined
            ? []
            : [`--dependency=${dependency}`, "--kill-on-invalid-dep=yes"]),
        ]);
        numbers.set(group, number);
        for (const element of group.elements) {
          const id = isArray(group) ? `${number}_${element}` : `${number}`;
          const ticket = group.base + element;
          noteSubmitted(directory, { ticket, id, name, at: new Date().toISOString() });
        }
      }
      done += group.elements.length;
      onProgress(done, tickets.size);
    }
  } catch (error) {
    await cancel([...numbers.values()].map(String)).catch(() => {});
    throw error;
  }
}

/** Submits one ticket whose inputs are there. */
export async function submitOne(site: Site, ticket: number): Promise<Submitted> {
  const group = { base: ticket, elements: [0] };
  const attempt = readSubmitted(site.directory).filter((line) => line.ticket === ticket).length;
  const name = `t${ticket}.${attempt}`;
  const args = argumentsFor(site, group, name);
  const id = String(await submit(scriptOf(site, group), args));
  const submitted = { ticket, id, name, at: new Date().toISOString() };
  noteSubmitted(site.directory, submitted);
  return submitted;
}
