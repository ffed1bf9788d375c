/** A place of its own for a test, under tests/tmp, and the test pipeline's command line in it. */
import { basename, dirname, join } from "node:path";
import { cacheTag } from "../../pipeline/commands/audit/copy_project.ts";
import { type CommandProcess, startCommands } from "./command_process.ts";
import { cliOf, fixtures, places, root } from "./checkout.ts";
import { copyTree, edit } from "./copied_files.ts";
import { deno, type Ended, runArguments, variables } from "./deno_command.ts";
import { hasCaches, keepCaches, lendCaches, lendToCopy } from "./kept_caches.ts";
import { canBePrepared, runPrepared } from "./prepared_runs.ts";
import { commandLine } from "./shell.ts";
import { exists } from "../../pipeline/store/existence.ts";

export interface Workspace extends AsyncDisposable {
  path: string;
  /** Runs a command of a test pipeline on artifacts, after those before it, in a process for all. */
  inOneProcess?: (cli: string, artifacts: string, args: readonly string[]) => Promise<Ended>;
}

/** An empty directory that is removed when the test ends. */
export async function workspace(): Promise<Workspace> {
  await Deno.mkdir(places, { recursive: true });
  // An audit's copy of the repository leaves it out.
  await Deno.writeTextFile(join(places, cacheTag.name), cacheTag.text);
  const path = await Deno.makeTempDir({ dir: places });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/**
 * A workspace in which one process runs the commands of a test pipeline, for tests of what they do rather than of
 * how they start and end. Commands after an edit of the pipeline run in the next one.
 */
export async function workspaceOfOneProcess(): Promise<Workspace> {
  const place = await workspace();
  const processes = new Map<string, CommandProcess>();
  let before: Promise<unknown> = Promise.resolve();
  return {
    path: place.path,
    inOneProcess(cli, artifacts, args) {
      const ended = before.then(() => {
        const name = JSON.stringify([artifacts, sourcesOf(cli)]);
        const process = processes.get(name) ?? startEach(cli, artifacts);
        processes.set(name, process);
        return process.run(args);
      });
      before = ended.catch(() => {});
      return ended;
    },
    async [Symbol.asyncDispose]() {
      for (const process of processes.values()) await process[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** The modules of a pipeline as they are now: a process goes on with those that it loaded. */
const sourcesOf = (cli: string): string[] =>
  [...Deno.readDirSync(dirname(cli))].filter(({ name }) => name.endsWith(".ts")).map(({ name }) => {
    const path = join(dirname(cli), name);
    const { size, mtime } = Deno.statSync(path);
    return `${path} ${size} ${mtime?.getTime()}`;
  });

/** Copies a test pipeline into a workspace, so that a test can edit it; gives its command line. */
export async function copyPipeline({ path }: Workspace, pipeline = "counting"): Promise<string> {
  await copyTree(join(fixtures, pipeline), path);
  if (!hasCaches(pipeline)) {
    await using other = await workspace();
    await fanin(other, ["plan"], cliOf(pipeline));
  }
  await lendToCopy(path, pipeline);
  return join(path, "cli.ts");
}

/** The shell's command line that runs a test pipeline on the artifacts of a workspace. */
export async function faninLine({ path }: Workspace, pipeline = "counting"): Promise<string> {
  const artifacts = join(path, "artifacts");
  await lendCaches(artifacts, pipeline);
  return commandLine(cliOf(pipeline), artifacts);
}

/**
 * Runs a command of the test pipeline on the artifacts of a workspace. The first `reproduce` there may be one that
 * ran for another test.
 */
export async function fanin(
  place: Workspace,
  args: string[],
  cli = cliOf("counting"),
  env: Record<string, string> = {},
): Promise<Ended> {
  const { path } = place;
  const artifacts = join(path, "artifacts");
  const pipeline = basename(dirname(cli));
  const isShared = cli === cliOf(pipeline);
  const isFirst = isShared && !exists(artifacts);
  // A test may have written what is expected before, or runs: then only what computes keys needs caches.
  const isLent = isFirst || isShared && ["reproduce", "plan"].includes(args[0]);
  const run = async (): Promise<Ended> => {
    const isNew = isLent && await lendCaches(artifacts, pipeline);
    const { inOneProcess } = place;
    const ended = inOneProcess === undefined || Object.keys(env).length > 0
      ? await deno(runArguments(cli, artifacts, ...args), env)
      : await inOneProcess(cli, artifacts, args);
    if (isNew) await keepCaches(artifacts, pipeline);
    return ended;
  };
  const isPrepared = isFirst && Object.keys(env).length === 0 && canBePrepared(pipeline, args);
  return isPrepared ? await runPrepared(path, pipeline, args, run) : await run();
}

/**
 * Runs commands of a test pipeline on the artifacts of a workspace, one after the other in one process. For commands
 * that are quick in themselves: starting a process takes longer than they do.
 */
export async function faninEach(
  { path }: Workspace,
  commands: string[][],
  cli = cliOf("counting"),
  env: Record<string, string> = {},
): Promise<Ended[]> {
  await using process = startEach(cli, join(path, "artifacts"), env);
  const ended: Ended[] = [];
  for (const command of commands) ended.push(await process.run(command));
  return ended;
}

/** Starts a process that runs commands of a test pipeline on artifacts. */
const startEach = (cli: string, artifacts: string, env: Record<string, string> = {}) =>
  startCommands({
    args: runArguments(cli, artifacts, "each"),
    cwd: root,
    env: { ...variables, ...env },
  });

/** The states of a plan's jobs, by name. */
export async function planned(
  place: Workspace,
  cli?: string,
  args: string[] = [],
  env?: Record<string, string>,
): Promise<Record<string, string>> {
  const { out } = await fanin(place, ["plan", "--json", ...args], cli, env);
  const { jobs } = JSON.parse(out) as { jobs: { job: string; state: string }[] };
  return Object.fromEntries(jobs.map(({ job, state }) => [job, state]));
}

/** A workspace with a copy of the counting pipeline, of which a file is edited. */
export async function editedPipeline(
  file: string,
  from: string,
  to: string,
): Promise<Workspace & { cli: string }> {
  const place = await workspace();
  const cli = await copyPipeline(place);
  await edit(join(place.path, file), from, to);
  return { ...place, cli };
}

/** Ids of the runs in a workspace, oldest first. */
export const runsIn = (path: string) =>
  [...Deno.readDirSync(join(path, "artifacts", "runs"))].map(({ name }) => name).sort();
