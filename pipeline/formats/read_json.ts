/**
 * Reads JSON files that others wrote. A failure names the file, every place that does not fit, and a hint.
 * Reads JSON Lines while they are written.
 */
import type { z } from "zod";
import { Failed } from "../engine/failed.ts";
import { problemsIn } from "./artifact_type.ts";
import { parseJson } from "./json.ts";
import { checkLossless } from "./lossless_json.ts";
import { ifThere } from "../store/existence.ts";

/** Requirements on a file. */
interface FileOptions {
  /** In bytes; a larger file is refused. */
  limit: number;
  /** The failure's last sentence: the expected form and what to do. */
  hint: string;
  /** The file's name in a failure; its path by default. */
  name?: string;
  /** Refuses JSON whose value is not all that it says, for files that people write. */
  isLossless?: boolean;
  /** Reads the file where it lies in an archive; throws a failure if it is larger than the limit. */
  read?(limit: number): Uint8Array;
  /** Reads U+FFFD for bytes that are no text. */
  isLog?: boolean;
}

/** Reads a file and checks it by its schema. Throws an `invalid-file` failure. */
export const readJson = <S extends z.ZodType>(
  path: string,
  schema: S,
  options: FileOptions,
): z.output<S> => checkedJson(readText(path, options).text, schema, { name: path, ...options });

/** Checks JSON that was read from a file already. Throws an `invalid-file` failure. */
export function checkedJson<S extends z.ZodType>(
  text: string,
  schema: S,
  { name, hint, isLossless = false }: Pick<FileOptions, "hint" | "isLossless"> & { name: string },
): z.output<S> {
  let result: z.ZodSafeParseResult<z.output<S>>;
  try {
    const value = parseJson(text);
    if (isLossless) checkLossless(text);
    result = schema.safeParse(value);
  } catch (error) {
    // No JSON, nested too deeply, or not lossless.
    throw invalidFile(name, (error as Error).message, hint);
  }
  if (result.success) return result.data;
  throw invalidFile(name, problemsIn(result.error), hint);
}

/** The value of a text in JSON; undefined where it is none, or where it does not fit the schema. */
export function validJson<S extends z.ZodType>(text: string, schema: S): z.output<S> | undefined {
  try {
    return schema.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Reads a text file whole: UTF-8, or UTF-16 behind its byte order mark, which PowerShell and spreadsheets write.
 * Throws an `invalid-file` failure, for bytes that are no text too.
 */
export function readText(
  path: string,
  { limit, hint, name = path, isLog = false, read = readWhole(path, name, hint) }: FileOptions,
): { bytes: Uint8Array; text: string } {
  const invalid = (problems: string) => invalidFile(name, problems, hint);
  try {
    const bytes = read(limit);
    return { bytes, text: new TextDecoder(encodingOf(bytes), { fatal: !isLog }).decode(bytes) };
  } catch (error) {
    if (error instanceof Failed) throw error;
    if (error instanceof Deno.errors.NotFound) throw invalid("There is no such file.");
    if (error instanceof TypeError) {
      throw invalid(
        "Expected text in UTF-8, or in UTF-16 behind a byte order mark, found other bytes.",
      );
    }
    throw invalid((error as Error).message);
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

/** Reads a file on the disk, no larger than a limit. */
const readWhole = (path: string, name: string, hint: string) => (limit: number): Uint8Array => {
  const { size, isFile } = Deno.statSync(path);
  if (!isFile) throw invalidFile(name, "It is no file.", hint);
  if (size <= limit) return Deno.readFileSync(path);
  throw invalidFile(name, `It has ${size} bytes; at most ${limit} are read.`, hint);
};

export const invalidFile = (path: string, problems: string, hint: string): Failed =>
  new Failed({ reason: "invalid-file", path, problems, hint });

interface Tail<T> {
  /** Whole lines, each with the offset at which the next one begins. */
  lines: { line: T; next: number }[];
  /** Position to continue reading from, in bytes. */
  next: number;
}

/**
 * The lines of a file from an offset on, in bytes; a line that is not complete is left for later. Lines
 * that do not fit the schema are skipped: those of other versions, and those that were cut off.
 */
export function linesFrom<S extends z.ZodType>(
  schema: S,
  path: string,
  offset: number,
): Tail<z.output<S>> {
  const bytes = bytesFrom(path, offset);
  const decoder = new TextDecoder();
  const lines: Tail<z.output<S>>["lines"] = [];
  let from = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const line = validJson(decoder.decode(bytes.subarray(from, end)), schema);
    from = end + 1;
    if (line !== undefined) lines.push({ line, next: offset + from });
  }
  return { lines, next: offset + from };
}

/** The bytes of a file from an offset on; none where there is no file. */
function bytesFrom(path: string, offset: number): Uint8Array {
  const found = ifThere(() => {
    if (!Deno.statSync(path).isFile) return undefined;
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(Math.max(0, file.statSync().size - offset));
    file.seekSync(offset, Deno.SeekMode.Start);
    let at = 0;
    while (at < bytes.length) {
      const read = file.readSync(bytes.subarray(at));
      if (read === null) break;
      at += read;
    }
    return bytes.subarray(0, at);
  });
  return found ?? new Uint8Array();
}
