/** A place of its own for a test, under tests/tmp, and the test pipeline's command line in it. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** A file of expected content under `tests/golden`. */
export const goldenFile = (name: string): string => join(root, "tests", "golden", name);

const places = join(root, "tests", "tmp");
const fixtures = join(root, "tests", "fixtures");
const fixture = join(fixtures, "counting");

/** The command line of a test pipeline under tests/fixtures. */
export const cliOf = (pipeline: string): string =>
  join(root, "tests", "fixtures", pipeline, "cli.ts");

export interface Workspace extends AsyncDisposable {
  path: string;
}

/** An empty directory that is removed when the test ends. */
export async function workspace(): Promise<Workspace> {
  await Deno.mkdir(places, { recursive: true });
  const path = await Deno.makeTempDir({ dir: places });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** What users' commands are allowed, and no more. */
export const permissions = ["-q", "--no-prompt", `--config=${join(root, "deno.json")}`, "-P=fanin"];

/** Text as one word of a shell's command line. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The shell's command line that runs a script as a user's command, with arguments. */
export const commandLine = (...script: string[]): string =>
  ["deno", "run", "--frozen", ...permissions, ...script].map(quoted).join(" ");

/** A path for a flag such as `--allow-write`, in which a comma in the checkout's path would separate. */
export const fromRoot = (path: string): string => relative(root, path);

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs Deno on a script to its end. */
export async function deno(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args,
    cwd: root,
    stdin: "null",
    // Which the tests' own task has set, and which moves what relative paths mean.
    env: { NO_COLOR: "1", INIT_CWD: "", ...env },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Copies a test pipeline into a workspace, so that a test can edit it. */
export async function copyPipeline({ path }: Workspace, from = fixture): Promise<string> {
  const names = [...Deno.readDirSync(from)].map(({ name }) => name);
  await Promise.all(names.map((name) => Deno.copyFile(join(from, name), join(path, name))));
  return join(path, "cli.ts");
}

/** Copies a directory with all that lies in it. */
export async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyTree(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
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

/** Runs a command of the test pipeline on the artifacts of a workspace. */
export async function fanin(
  { path }: Workspace,
  args: string[],
  cli = join(fixture, "cli.ts"),
  env: Record<string, string> = {},
): Promise<Ended> {
  const artifacts = join(path, "artifacts");
  const run = () => deno(["run", "--frozen", ...permissions, cli, artifacts, ...args], env);
  return cli.startsWith(fixtures) ? await withKeptCodes(artifacts, cli, run) : await run();
}

/**
 * Keeps the bundles of a fixture's code from test to test, for bundling takes longer than most runs. They
 * are compared with the files in each run, so old ones only cost time.
 */
async function withKeptCodes(
  artifacts: string,
  cli: string,
  run: () => Promise<Ended>,
): Promise<Ended> {
  const before = await lendCodes(artifacts, cli);
  const ended = await run();
  const store = join(artifacts, "store");
  const after = await textOf(join(store, "code.json"));
  if (after !== undefined && after !== before) {
    await copyNew(join(store, "code"), join(keptCodes(cli), "code"));
    await replace(join(keptCodes(cli), "code.json"), after);
  }
  return ended;
}

/** Where the bundles of a fixture are kept, as they lie in a store. */
const keptCodes = (cli: string): string =>
  join(places, `code-${encodeURIComponent(relative(fixtures, cli))}`);

/** Gives artifacts that are not there yet the kept bundles of a fixture's code, if any are. */
export async function lendCodes(artifacts: string, cli: string): Promise<string | undefined> {
  const kept = await textOf(join(keptCodes(cli), "code.json"));
  const untouched = await Deno.stat(artifacts).then(() => false, () => true);
  if (untouched && kept !== undefined) {
    await copyNew(join(keptCodes(cli), "code"), join(artifacts, "store", "code"));
    await replace(join(artifacts, "store", "code.json"), kept);
  }
  return kept;
}

/** Copies the bundles that are not there; what has a bundle's name has its content. */
async function copyNew(from: string, to: string): Promise<void> {
  for await (const { name } of Deno.readDir(from)) {
    const target = join(to, name);
    if (await Deno.stat(target).then(() => true, () => false)) continue;
    const partial = `${target}.${crypto.randomUUID()}`;
    await copyTree(join(from, name), partial);
    await Deno.rename(partial, target).catch(() => Deno.remove(partial, { recursive: true }));
  }
}

const textOf = (path: string): Promise<string | undefined> =>
  Deno.readTextFile(path).catch(() => undefined);

async function replace(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(partial, text);
  await Deno.rename(partial, path);
}

/** The states of a plan's jobs, by name. */
export async function planned(
  place: Workspace,
  cli?: string,
  args: string[] = [],
): Promise<Record<string, string>> {
  const { out } = await fanin(place, ["plan", "--json", ...args], cli);
  const { jobs } = JSON.parse(out) as { jobs: { job: string; state: string }[] };
  return Object.fromEntries(jobs.map(({ job, state }) => [job, state]));
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
