/**
 * Arguments → command. Parses every flag once, says what is wrong with one, and gives the exit code:
 * 0 as expected; 1 it ran, and the answer is no; 2 it could not run. The commands do the work.
 */
import { parseArgs } from "@std/cli/parse-args";
import { resolve } from "node:path";
import type { Backend } from "../schemas/experiment.ts";
import type { Override } from "./dag.ts";
import { Failed, wordFailure } from "./event.ts";
import type { Project } from "./project.ts";

const usage = `fanin, a reproducible experiment pipeline. Commands, each a task ("deno task plan"):

  reproduce   run an experiment as far as needed, record the run, print what it found
  plan        what would run, and why
  runs        the runs that there are
  verify      read every stored byte again, name what is damaged
  gc          remove what the last runs, or the named ones, do not need

Flags of reproduce and plan:
  --experiment NAME|FILE   assignment (the default), quick, fifty, parity, or a .json or .ts file
  --set JOB.PARAMETER=V    change a parameter: --set train.mnist-scratch.epochs=5
  --only JOB               this job and what it needs
  --force JOB              run it even if its result is stored
  --backend webgpu|wasm    accept this one instead of what the experiment does; twice: in order
  --explain JOB            (plan) the lines that are hashed for its key
  --data DIR               (reproduce) a directory that has data files already
Flags of gc: [RUN …] to keep, --last N (default 5), --yes
Every command: --json for programs`;

const defaultExperiment = "assignment";

const backends: readonly Backend[] = ["webgpu", "wasm"];

/** The flags that a command takes; anything else is refused. */
const flags: Record<string, { boolean: string[]; string: string[] }> = {
  reproduce: {
    boolean: ["json"],
    string: ["experiment", "set", "only", "force", "backend", "data"],
  },
  plan: { boolean: ["json"], string: ["experiment", "set", "only", "force", "backend", "explain"] },
  runs: { boolean: ["json"], string: [] },
  verify: { boolean: ["json"], string: [] },
  gc: { boolean: ["json", "yes"], string: ["last"] },
};

/** Runs a command on the project that `load` gives; a failure becomes a message and exit code 2. */
export async function dispatch(args: string[], load: () => Promise<Project>): Promise<number> {
  try {
    return await run(args, load);
  } catch (error) {
    if (error instanceof Failed) {
      console.error(wordFailure(error.failure));
      return 2;
    }
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
      console.error(`${error.message}\nThe task that ran is allowed no more than deno.json says.`);
      return 2;
    }
    // What nobody foresaw: a full disk, a file in the way. An error of ours shows where it came from.
    console.error(isSystemError(error) ? (error as Error).message : error);
    return 2;
  }
}

const isSystemError = (error: unknown): boolean =>
  error instanceof Error && (error.name in Deno.errors || /\(os error \d+\)/.test(error.message));

async function run(args: string[], load: () => Promise<Project>): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === "help" || command === "--help") {
    console.log(usage);
    return command === undefined ? 2 : 0;
  }
  const taken = flags[command];
  if (taken === undefined) {
    throw new Failed({
      reason: "unknown-name",
      what: "command",
      name: command,
      known: Object.keys(flags),
    });
  }
  if (rest.includes("--help")) {
    console.log(usage);
    return 0;
  }
  const parsed = parseArgs(rest, {
    boolean: ["json", "yes"],
    string: ["_", "experiment", "set", "only", "force", "backend", "explain", "data", "last"],
    collect: ["set", "force", "backend"],
    unknown: (flag, name) => {
      if (name === undefined) return true;
      throw unknownFlag(command, flag.replace(/=.*/, ""));
    },
  });
  for (const [name, value] of Object.entries(parsed)) {
    const given = value !== undefined && value !== false &&
      !(Array.isArray(value) && value.length === 0);
    if (name === "_" || !given) continue;
    if (![...taken.boolean, ...taken.string].includes(name)) {
      throw unknownFlag(command, `--${name}`);
    }
    if (value === "" || (Array.isArray(value) && value.includes(""))) {
      throw new Failed({ reason: "usage", message: `--${name} needs a value.` });
    }
  }
  if (command !== "gc" && parsed._.length > 0) {
    throw new Failed({
      reason: "usage",
      message: `${command} takes no "${parsed._[0]}"; expected flags only. See --help.`,
    });
  }
  const { experiment = defaultExperiment, only, force, json } = parsed;
  const project = await load();
  const selecting = {
    experiment,
    overrides: parsed.set.map(parseOverride),
    only,
    force,
    backends: parsed.backend.length === 0 ? undefined : parsed.backend.map(parseBackend),
    json,
  };
  switch (command) {
    case "reproduce": {
      const { reproduce } = await import("./commands/reproduce.ts");
      const settings = { dataDirectory: parsed.data && readableDirectory(parsed.data) };
      return reproduce(project, { ...selecting, settings, arguments: args });
    }
    case "plan": {
      const { showPlan } = await import("./commands/plan.ts");
      return showPlan(project, { ...selecting, explain: parsed.explain });
    }
    case "runs":
      return (await import("./commands/runs.ts")).showRuns(project, { json });
    case "verify":
      return (await import("./commands/verify.ts")).verify(project, { json });
    default: {
      const { gc } = await import("./commands/gc.ts");
      return gc(project, { runs: parsed._, last: parseLast(parsed.last), yes: parsed.yes, json });
    }
  }
}

function unknownFlag(command: string, flag: string): Failed {
  const { boolean, string } = flags[command];
  return new Failed({
    reason: "unknown-name",
    what: `flag of ${command}`,
    name: flag,
    known: [...boolean, ...string].map((name) => `--${name}`),
  });
}

function parseOverride(text: string): Override {
  const equals = text.indexOf("=");
  if (equals > 0) return { path: text.slice(0, equals), value: text.slice(equals + 1) };
  throw new Failed({
    reason: "usage",
    message: `--set expects JOB.PARAMETER=VALUE, found "${text}", for example ` +
      `--set train.mnist-scratch.epochs=5.`,
  });
}

function parseBackend(name: string): Backend {
  const found = backends.find((backend) => backend === name);
  if (found !== undefined) return found;
  throw new Failed({ reason: "unknown-name", what: "backend", name, known: backends });
}

/** The absolute path of a directory that exists and may be read; asks for it on a terminal. */
function readableDirectory(path: string): string {
  const directory = resolve(path);
  const { state } = Deno.permissions.requestSync({ name: "read", path: directory });
  if (state !== "granted") throw new Failed({ reason: "not-readable", path: directory });
  let isDirectory: boolean;
  try {
    ({ isDirectory } = Deno.statSync(directory));
  } catch {
    isDirectory = false;
  }
  if (isDirectory) return directory;
  throw new Failed({
    reason: "usage",
    message: `--data expects a directory, found none at ${directory}.`,
  });
}

function parseLast(text = "5"): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Failed({
    reason: "usage",
    message: `--last expects a number from 1 on, found "${text}".`,
  });
}
