/**
 * Reads and writes the files of cached outputs: one line with a checksum, then JSON. Files are thousands, so their
 * paths and states have the form that is read fastest. Imports nothing that takes time to load.
 */
import type { Block } from "../../terminal/laid_out.ts";
import type { RunSummary } from "../../terminal/run_screen.ts";
import type { FileState } from "../file_state.ts";
import { readPlain } from "../plain_file.ts";
import { checksumOfBytes } from "../sealed.ts";
import type { Dependency } from "./dependency.ts";

/** Output and end of a command. */
export interface CommandOutput {
  exitCode: number;
  /** For standard output; a summary is laid out for the terminal that there is then. */
  shown: { text: string } | { summary: RunSummary; details?: readonly Block[]; isQuiet?: boolean };
}

/** A cached output as stored. */
export interface Remembered {
  arguments: string[];
  circumstances: string;
  answer: CommandOutput;
  /** Files whose states say all about their content. */
  files: Paths;
  /** The state of each, four numbers of 64 bits, in base64. */
  states: string;
  /** The SHA-256 of each, in base64: for those whose states are others now. */
  digests: string;
  /** Time at which the last of the states was seen, in ms. */
  seen: number;
  /** Paths that a command asked for without reading them, by what was there, as in a dependency of this kind. */
  present: Record<string, Paths>;
  /** Everything else that the output depends on. */
  others: Dependency[];
}

/** Paths in turn: how many characters each shares with the one before, and the rest of it. */
export type Paths = (number | string)[];

/** Before the checksum. The length of the first line is a multiple of 4, and so is that of the whole file. */
const header = "fanin output 7 ";
const firstLine = header.length + 9;

/** Throws where the file is missing, damaged or of another version's form. */
export function readRemembered(path: string): Remembered {
  const bytes = readPlain(path);
  if (bytes.length % 4 !== 0) {
    throw new SyntaxError(`expected a multiple of 4 bytes, found ${bytes.length}`);
  }
  const decoder = new TextDecoder();
  const body = bytes.subarray(firstLine);
  const expected = `${header}${checksumOfBytes(body)}\n`;
  const found = decoder.decode(bytes.subarray(0, firstLine));
  if (found === expected) return JSON.parse(decoder.decode(body));
  throw new SyntaxError(
    `expected the line ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`,
  );
}

/** The content of the file of a cached output. */
export function rememberedText(remembered: Remembered): string {
  const json = JSON.stringify(remembered);
  const { length } = new TextEncoder().encode(json);
  const body = `${json}${" ".repeat(3 - length % 4)}\n`;
  return `${header}${checksumOfBytes(new TextEncoder().encode(body))}\n${body}`;
}

/** Calls `check` with each path, for as long as it holds; tells whether it held for all. */
export function eachPath(paths: Paths, check: (path: string) => boolean): boolean {
  let path = "";
  for (let i = 0; i < paths.length; i += 2) {
    path = path.slice(0, paths[i] as number) + paths[i + 1];
    if (!check(path)) return false;
  }
  return true;
}

/** The numbers of states, in the order of their files. */
export const statesIn = (states: string): Float64Array =>
  new Float64Array(Uint8Array.fromBase64(states).buffer);

export const stateAt = (states: Float64Array, file: number): FileState => [
  states[4 * file],
  states[4 * file + 1],
  states[4 * file + 2],
  states[4 * file + 3],
];
