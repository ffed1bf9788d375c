/**
 * The program `fanin` as `deno task install` installs it: runs a command by the task of the project that one
 * stands in, and so with that task's permissions. `fanin -C DIR …` stands in another directory. Imports no
 * package, as it starts before every command.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { complain } from "../../terminal/print.ts";
import { sendSignal } from "../../terminal/send_signal.ts";
import { withoutLoader } from "../../engine/machine/loader_variables.ts";

interface Found {
  root: string;
  config: string;
  /** Task's name → its command line, without variables that it sets. */
  tasks: ReadonlyMap<string, string>;
}

/** Comments and trailing commas, which a `deno.json` may have and JSON has not; strings stay. */
const withoutComments = (text: string): string =>
  text.replace(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])/g,
    (_, string = "") => string,
  );

/** The words of a task's line, as the shell of `deno task` reads them: quotes keep spaces together. */
const wordsOf = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single)
  );

const withoutVariables = (line: string): string =>
  line.replace(/^(?:\w+=(?:"[^"]*"|'[^']*'|[^\s"'])* )+/, "");

/** The project in a directory: its `deno.json` has tasks by which fanin runs. */
function projectAt(root: string): Found | undefined {
  for (const name of ["deno.json", "deno.jsonc"]) {
    const config = join(root, name);
    let tasks: Record<string, string | { command?: string }>;
    try {
      tasks = JSON.parse(withoutComments(Deno.readTextFileSync(config))).tasks ?? {};
    } catch {
      // No such file, or one that Deno itself will complain of.
      continue;
    }
    const lines = Object.entries(tasks).map(([task, given]): [string, string] => [
      task,
      withoutVariables(typeof given === "string" ? given : given.command ?? ""),
    ]);
    const found = { root, config, tasks: new Map(lines) };
    if (/ reproduce$/.test(found.tasks.get("reproduce") ?? "")) return found;
  }
}

/** The project of a directory: in it or in the nearest one above. */
function projectAbove(directory: string): Found | undefined {
  for (let at = directory;; at = dirname(at)) {
    const found = projectAt(at);
    if (found !== undefined || at === dirname(at)) return found;
  }
}

/** Commands that need no project of their own: the checkout that fanin was installed from serves them. */
const anywhere = [
  undefined,
  "help",
  "--help",
  "-h",
  "--version",
  "-V",
  "completions",
  "complete",
  "new",
];

/** Call of Deno: its arguments, and the directory to start in. */
interface Call {
  args: string[];
  cwd: string;
}

/** Finds the call of a command; a text says why there is none. */
function callOf(args: readonly string[], directory: string): Call | string {
  const [name, ...rest] = args;
  const engine = import.meta.url.startsWith("file:")
    ? projectAt(resolve(dirname(fileURLToPath(import.meta.url)), "..", "..", ".."))
    : undefined;
  const project = projectAbove(directory) ?? (anywhere.includes(name) ? engine : undefined);
  if (project === undefined) {
    return `fanin works in a project: expected a deno.json with the task reproduce in ${directory} ` +
      `or above, found none. Go there, name one by "fanin -C DIR", or make one by "fanin new project NAME".`;
  }
  const end = rest.indexOf("--");
  const flags = end < 0 ? rest : rest.slice(0, end);
  const own = project.tasks.get(name ?? "");
  const isCommand = own?.startsWith("deno run ") && own.endsWith(` ${name}`);
  // Help and completions wait for no set-up that the task depends on.
  const isQuick = isCommand && (flags.includes("--help") || flags.includes("-h"));
  if (own !== undefined && !isQuick) {
    return { args: ["task", "-q", "--config", project.config, name, ...rest], cwd: directory };
  }
  // Without a task of its own, with the fewest permissions that a command has here.
  const line = own ?? project.tasks.get("runs") ?? project.tasks.get("reproduce")!;
  const words = wordsOf(line).slice(1, -1);
  return { args: [...words, ...args], cwd: project.root };
}

async function launch(given: readonly string[]): Promise<number> {
  const isElsewhere = given[0] === "-C";
  if (isElsewhere && given[1] === undefined) {
    complain("-C needs a value: -C DIR.");
    return 2;
  }
  const directory = resolve(isElsewhere ? given[1] : ".");
  const call = callOf(isElsewhere ? given.slice(2) : given, directory);
  if (typeof call === "string") {
    complain(call);
    return 2;
  }
  const child = new Deno.Command("deno", {
    args: call.args,
    cwd: call.cwd,
    env: { ...withoutLoader, INIT_CWD: directory },
  }).spawn();
  // The terminal interrupts the command itself, whose end is awaited; other senders know only this process.
  Deno.addSignalListener("SIGINT", () => {});
  if (Deno.build.os !== "windows") {
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => sendSignal(child, signal));
    }
  }
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await launch(Deno.args));
