/** A place of its own for a test, under tests/tmp, and the test pipeline's command line in it. */
import { basename, dirname, join, relative } from "node:path";
import { cacheTag } from "../../pipeline/commands/audit/copy_project.ts";
import { type CommandProcess, startCommands } from "./command_process.ts";
import { cliOf, fixtures, goldenFile, places, root } from "./checkout.ts";
import { hasCaches, keepCaches, lendCaches, lendToCopy } from "./kept_caches.ts";
import { canBePrepared, type Ended, runPrepared } from "./prepared_runs.ts";
import { exists } from "../../pipeline/store/existence.ts";

export { cliOf, type Ended, goldenFile, root };

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

/** A test of what only Linux has: its terminals, its devices. */
export const testOnLinux = (name: string, fn: Deno.TestDefinition["fn"]): void =>
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn });

/** Permissions of users' commands, and no more. */
export const permissions = ["-q", "--no-prompt", `--config=${join(root, "deno.json")}`, "-P=fanin"];

/** Arguments of `deno` that run a command line on a directory of artifacts, as a user does. */
export const runArguments = (
  cli: string,
  artifacts: string,
  ...args: string[]
): string[] => ["run", "--frozen", ...permissions, cli, artifacts, ...args];

/** Text as one word of a shell's command line. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The shell's command line that runs a script as a user's command, with arguments. */
export const commandLine = (...script: string[]): string =>
  ["deno", "run", "--frozen", ...permissions, ...script].map(quoted).join(" ");

/** A path for a flag such as `--allow-write`, in which a comma in the checkout's path would separate. */
export const fromRoot = (path: string): string => relative(root, path);

/** Variables of a command. The tests' own task sets INIT_CWD, and relative paths would start there. */
const variables = { NO_COLOR: "1", INIT_CWD: "" };

/** Runs Deno on a script to its end. */
export async function deno(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args,
    cwd: root,
    stdin: "null",
    env: { ...variables, ...env },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

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

/** Copies a directory with all that lies in it; a link leads where it led, counted from its place. */
export async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(from)) {
    const [path, copy] = [join(from, name), join(to, name)];
    if (isDirectory) await copyTree(path, copy);
    else if (isSymlink) await link(await Deno.readLink(path), copy);
    else await Deno.copyFile(path, copy);
  }
}

/** Makes a symbolic link; Deno's own needs the permission to write anywhere. */
export async function link(to: string, at: string): Promise<void> {
  const { code, err } = await shell(`ln -s ${quoted(to)} ${quoted(at)}`, dirname(at));
  if (code !== 0) throw new Error(err);
}

/** Copies what the engine and the stages need of this checkout. */
export async function copyCheckout(to: string): Promise<void> {
  const directories = ["package", "pipeline", "schemas", "vendor", "stages", "artifacts/reference"];
  for (const part of directories) await copyTree(join(root, part), join(to, part));
  for (const file of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(root, file), join(to, file));
  }
}

/** Runs a command line in a directory to its end, by a shell. */
export async function shell(command: string, directory: string): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `unset INIT_CWD\n${command}`],
    cwd: directory,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
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

/** Replaces text in a file; fails if it is not there. */
export async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  if (!text.includes(from)) throw new Error(`expected ${JSON.stringify(from)} in ${path}`);
  await Deno.writeTextFile(path, text.replace(from, to));
}

/** Ids of the runs in a workspace, oldest first. */
export const runsIn = (path: string) =>
  [...Deno.readDirSync(join(path, "artifacts", "runs"))].map(({ name }) => name).sort();

/** The JSON in a file. The caller parses what it needs of it. */
export const readJson = async (...path: string[]) =>
  JSON.parse(await Deno.readTextFile(join(...path)));
