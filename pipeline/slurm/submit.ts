/**
 * Submits tickets to Slurm, each once. A job that Slurm has already, by the token in its comment, is not
 * submitted again, whoever submitted it and whatever became of that process.
 */
import type { Submission, Submitted } from "../../schemas/run/slurm_submission.ts";
import { driverVariables } from "../engine/machine/driver.ts";
import { Failed } from "../engine/failed.ts";
import { shellWord } from "../terminal/shell_word.ts";
import { type Answer, type Patience, patiently } from "./busy_controller.ts";
import { commentOf, jobsOf, submit } from "./slurm_commands.ts";
import { noteSubmitted, outputPath, readJournal, readSubmitted } from "./submission_files.ts";
import { dependencyOf, type Group, groupsOf, isArray, type Tickets } from "./tickets.ts";
import { withdraw } from "./withdraw.ts";

/** Environment variables that jobs get: those that finding and running Deno and a driver takes. */
const exported = ["PATH", "HOME", "LD_LIBRARY_PATH", "DENO_DIR", "XDG_CACHE_HOME"];

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
  patience: Patience;
}

/** The batch script of a group. `exec` makes Deno the process that Slurm's signals reach. */
const scriptOf = ({ directory, submission: { cluster } }: Site, { base, elements }: Group) =>
  `#!/bin/sh
exec ${[...cluster.command, directory].map(shellWord).join(" ")} ${
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

/** Slurm's numbers of what has this submission's token, by the rest of the comment; the first of two. */
async function known({ submission: { token } }: Site): Promise<Answer<Map<string, number>>> {
  const answer = await jobsOf(token);
  if ("busy" in answer) return answer;
  const head = commentOf(token, "");
  const numbers = new Map<string, number>();
  for (const { id, comment } of answer.value) {
    const name = comment.slice(head.length);
    const number = Number.parseInt(id);
    numbers.set(name, Math.min(number, numbers.get(name) ?? number));
  }
  return { value: numbers };
}

/**
 * Looks for a group that Slurm may have taken without saying so: by its comment, or by what its node has
 * written since (ms since 1970), if it has ended and Slurm has forgotten it.
 */
async function find(
  site: Site,
  { base, elements }: Group,
  name: string,
  since: number,
): Promise<Answer<number | undefined>> {
  const answer = await known(site);
  if ("busy" in answer) return answer;
  const recorded = new Set(readSubmitted(site.directory).map(({ id }) => id));
  const began = elements
    .flatMap((element) => readJournal(site.directory, base + element).lines)
    .find((line) =>
      line.type === "began" && Date.parse(line.at) >= since && !recorded.has(line.id)
    );
  return {
    value: answer.value.get(name) ??
      (began?.type === "began" ? Number.parseInt(began.id) : undefined),
  };
}

function submitGroup(site: Site, group: Group, name: string, args: string[]): Promise<number> {
  const since = Date.now();
  const again = () => find(site, group, name, since);
  return submit(scriptOf(site, group), args, again, site.patience);
}

/**
 * Submits every ticket that is not with Slurm yet, each group after those that it waits for. If Slurm
 * refuses one, what was submitted is cancelled; if it is busy for too long, what it has stays with it.
 * `onProgress` gets the number of submitted jobs.
 */
export async function submitAll(
  site: Site,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { directory, submission, tickets, patience } = site;
  const replicates = submission.experiments.length;
  const groups = groupsOf(tickets, replicates);
  const byBase = new Map(groups.map((group) => [group.base, group]));
  const groupOf = (ticket: number) => byBase.get(ticket - ticket % replicates)!;
  const numbers = new Map<Group, number>();
  const noted = new Set<number>();
  for (const { ticket, id } of readSubmitted(directory)) {
    if (!tickets.has(ticket)) continue;
    numbers.set(groupOf(ticket), Number.parseInt(id));
    noted.add(ticket);
  }
  let done = 0;
  try {
    // Who was cut off may have submitted a job and not written it down.
    const adopted: ReadonlyMap<string, number> = numbers.size < groups.length
      ? await patiently(patience, () => known(site))
      : new Map();
    for (const [place, group] of groups.entries()) {
      const name = `g${place}`;
      if (!numbers.has(group)) {
        const dependency = dependencyOf(group, tickets, groupOf, (one) => numbers.get(one)!);
        const args = [
          ...argumentsFor(site, group, name),
          ...(dependency === undefined
            ? []
            : [`--dependency=${dependency}`, "--kill-on-invalid-dep=yes"]),
        ];
        numbers.set(group, adopted.get(name) ?? await submitGroup(site, group, name, args));
      }
      // Who was cut off may have written down a part of an array.
      for (const element of group.elements) {
        const ticket = group.base + element;
        if (noted.has(ticket)) continue;
        const number = numbers.get(group)!;
        const id = isArray(group) ? `${number}_${element}` : `${number}`;
        noteSubmitted(directory, { ticket, id, name, at: new Date().toISOString() });
      }
      done += group.elements.length;
      onProgress(done, tickets.size);
    }
  } catch (error) {
    throw await withdrawn(site, [...numbers.values()].map(String), error);
  }
}

/** Cancels what Slurm has of a submission that failed; gives the failure, with what is left. */
async function withdrawn(
  { submission: { token }, patience }: Site,
  numbers: readonly string[],
  error: unknown,
): Promise<unknown> {
  const failure = error instanceof Failed ? error.failure : undefined;
  // A controller that is busy may take later what it was given. Its jobs are found again then.
  if (failure?.reason === "slurm-busy" || patience.signal?.aborted) return error;
  const left = await withdraw(token, patience).catch(() => numbers);
  return failure?.reason === "slurm-refused" ? new Failed({ ...failure, left }) : error;
}

/** Submits one ticket whose inputs are there. */
export async function submitOne(site: Site, ticket: number): Promise<Submitted> {
  const group = { base: ticket, elements: [0] };
  const attempt = readSubmitted(site.directory).filter((line) => line.ticket === ticket).length;
  const name = `t${ticket}.${attempt}`;
  const args = argumentsFor(site, group, name);
  const number = await submitGroup(site, group, name, args);
  const submitted = { ticket, id: String(number), name, at: new Date().toISOString() };
  noteSubmitted(site.directory, submitted);
  return submitted;
}
