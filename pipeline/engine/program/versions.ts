/** Asks the programs of stages for their versions, and checks that the task may start them. */
import { join } from "node:path";
import { look } from "../../store/cached_output/observation.ts";
import { Failed } from "../failed.ts";
import { sendSignal } from "../../terminal/send_signal.ts";
import { withoutLoader } from "../machine/loader_variables.ts";
import type { AnyStage } from "../stage.ts";
import { printedVersion, type VersionCommand, versionProgram } from "./declared_environment.ts";

/** Versions by the names that a stage declares. */
type Versions = Readonly<Record<string, string>>;

/** Milliseconds that a version command may take. */
const patience = 60_000;

/** Cap on a version, in UTF-16 code units: a list of some hundred packages is one. */
const longest = 64 << 10;

/**
 * The versions of the programs of stages, by stage. Each command is run once however many stages name it.
 * Throws a `Failed` for a program that the task may not start, and for a version that cannot be found out.
 */
export async function versionsOf(
  stages: Iterable<AnyStage>,
  root: string,
): Promise<Map<string, Versions>> {
  const known = new Map<string, Promise<string>>();
  const of = async ({ name, program }: AnyStage): Promise<[string, Versions][]> => {
    if (program === undefined) return [];
    const { environment, inherit } = program;
    const versions = Object.entries(program.versions).map(async ([label, command]) => {
      const asked: VersionCommand = { command, environment, inherit };
      const text = JSON.stringify(asked);
      if (!known.has(text)) known.set(text, ask(name, label, asked));
      return [label, await known.get(text)!] as const;
    });
    return [[name, Object.fromEntries(await Promise.all(versions))]];
  };
  const all = [...stages];
  for (const stage of all) refuseForbidden(stage, root);
  return new Map((await Promise.all(all.map(of))).flat());
}

async function ask(stage: string, name: string, asked: VersionCommand): Promise<string> {
  const { command } = asked;
  const child = versionProgram(asked).spawn();
  const printed = child.stdout.getReader();
  let isOver = false;
  const clock = setTimeout(() => {
    isOver = true;
    // A process that it started may outlive it and hold its output: the reader ends the waiting.
    void printed.cancel();
    sendSignal(child, "SIGKILL");
  }, patience);
  try {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let next; !(next = await printed.read()).done;) pieces.push(next.value);
    const { code } = await child.status;
    const version = printedVersion(await new Blob(pieces).bytes());
    const problem = isOver
      ? `no end of its output in ${patience / 1000} s`
      : code !== 0
      ? `exit code ${code}${version === "" ? "" : `: ${version.slice(0, 500)}`}`
      : version === ""
      ? "nothing printed"
      : version.length > longest
      ? `${version.length} characters; at most ${longest} can be a version`
      : undefined;
    if (problem !== undefined) {
      throw new Failed({ reason: "no-version", stage, name, command, problem });
    }
    look("version", JSON.stringify(asked), () => version);
    return version;
  } finally {
    clearTimeout(clock);
  }
}

/**
 * Throws a `Failed` for a stage with a program that the permission set of the task does not list. A shell
 * starts it, which Deno lets start anything: this is what makes the list in `deno.json` hold.
 */
function refuseForbidden({ name: stage, program }: AnyStage, root: string): void {
  if (program === undefined) return;
  const words = [program.command, ...Object.values(program.versions)].map(([first]) => first);
  const missing = [...new Set(["sh", ...words as string[]])].filter((one) => !isGranted(one));
  if (missing.length === 0) return;
  const listed = listedIn(root, "fanin");
  const unlisted = missing.filter((one) => !listed.includes(one));
  // Commands that run no job have a set without a shell, or with one and without the program.
  const isLocal = missing.includes("sh") || unlisted.length === 0;
  // Deno grants no program that it does not find.
  const absent = isLocal && !missing.includes("sh") ? missing.filter((one) => !isFound(one)) : [];
  if (absent.length > 0) throw new Failed({ reason: "program-absent", stage, absent });
  const set = isLocal ? "local" : "fanin";
  throw new Failed({
    reason: "program-forbidden",
    stage,
    set,
    missing: isLocal ? missing : unlisted,
    found: listedIn(root, set),
  });
}

const isFound = (command: string): boolean =>
  new Deno.Command("sh", {
    args: ["-c", 'command -v -- "$1"', "sh", command],
    env: withoutLoader,
    stdin: "null",
  }).outputSync().success;

const isGranted = (command: string): boolean =>
  Deno.permissions.querySync({ name: "run", command }).state === "granted";

/** The programs that a permission set of the project lists; none where that cannot be read. */
function listedIn(root: string, set: string): string[] {
  try {
    const config = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
    const { run } = config.permissions[set];
    return Array.isArray(run) ? run.map(String) : [];
  } catch {
    return [];
  }
}
