/**
 * Loads the modules that a user writes: the DAG with its stages, and experiments. A failure says what is
 * wrong and where, without the engine's own frames.
 */
import { fileURLToPath } from "node:url";
import type { Dag } from "../dag.ts";
import { Failed } from "../failed.ts";
import { wordThrown } from "../sandbox/thrown.ts";
import { shownPath } from "../../terminal/user_path.ts";

/** The modules of the engine begin with this. */
const engine = new URL("../..", import.meta.url).href;

/** `file:///path/name.ts:3:14`, the address of a place in a module. */
const place = /(file:\/\/[^\s()]+):(\d+):(\d+)/;

/** The runtime's colours in messages. */
// deno-lint-ignore no-control-regex
const colours = /\u001b\[[\d;]*m/g;

// Read here, where no observation takes it for a look of the user's modules.
const { exit } = Deno;

/** Gives what `load` gives; `what` is named where it cannot be loaded. */
export async function loaded<T>(what: string, load: () => Promise<T>): Promise<T> {
  Deno.exit = () => {
    throw new Error("it called Deno.exit while it was loaded; expected it to export its values");
  };
  try {
    return await load();
  } catch (error) {
    if (error instanceof Failed) throw error;
    throw new Failed({ reason: "not-loaded", what, problem: wordProblem(error) }, { cause: error });
  } finally {
    Deno.exit = exit;
  }
}

/** The DAG that a module exports as `dag`. */
export async function loadDag(module: string): Promise<Dag> {
  const exported = await loaded("The DAG", () => import(module));
  const { dag } = exported;
  const isJob = (job: Partial<Dag[number]> | undefined) => job?.stage !== undefined;
  if (Array.isArray(dag) && dag.every(isJob)) return dag;
  const found = "dag" in exported
    ? "a dag of another form"
    : `no dag among its exports: ${Object.keys(exported).join(", ") || "none"}`;
  const problem = `${pathOf(module)} should export const dag = defineDag(…); found ${found}`;
  throw new Failed({ reason: "not-loaded", what: "The DAG", problem });
}

function wordProblem(error: unknown): string {
  const words = wordThrown(error).replace(colours, "");
  return placed(words) ?? withFrames(words, error);
}

/**
 * The words of an error that the runtime gives a place: one of syntax, or a module that is not found.
 * Undefined for errors of code that ran.
 */
function placed(words: string): string | undefined {
  // The address may be there twice.
  const [, message, address] = /^([^]*?)(?:\s+at (file:\/\/\S+:\d+:\d+))+\s*$/.exec(words) ?? [];
  if (message === undefined) return undefined;
  const [first, ...more] = message.replace(/^SyntaxError: /, "").split("\n");
  return [`${wordPlace(address)}: ${withPaths(first)}`, ...more].join("\n");
}

/** The words of an error that code threw, with the frames of the user's own modules. */
function withFrames(words: string, error: unknown): string {
  const frames = error instanceof Error ? framesOf(error) : [];
  // The runtime does not say which file it is.
  if (frames.length === 0 && error instanceof SyntaxError && /JSON/.test(words)) {
    return `${words}, in a JSON file that is imported`;
  }
  return [withPaths(words), ...frames.map((frame) => `    at ${frame}`)].join("\n");
}

/** The frames of the user's modules, up to the one that loads them here. */
function framesOf(error: Error): string[] {
  const lines = String(error.stack).split("\n");
  const end = lines.findIndex((line) => line.includes(import.meta.url));
  return (end < 0 ? lines : lines.slice(0, end)).flatMap((line) => {
    const [, frame] = /^\s+at (?:async )?(.*)$/.exec(line.replace(colours, "")) ?? [];
    if (frame === undefined || frame.includes(engine)) return [];
    return place.test(frame) ? [frame.replace(place, (address) => wordPlace(address))] : [];
  });
}

/** `stages/mod.ts:3:14`, as the user reads it. */
function wordPlace(address: string): string {
  const [, module, line, column] = place.exec(address)!;
  return `${pathOf(module)}:${line}:${column}`;
}

/** Addresses of files as paths. */
const withPaths = (text: string): string => text.replace(/file:\/\/[^\s"'()]+/g, pathOf);

const pathOf = (module: string): string =>
  module.startsWith("file:") ? shownPath(fileURLToPath(module)) : module;
