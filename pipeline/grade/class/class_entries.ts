/**
 * Lists a directory of submissions. An entry is graded, or has a row that says why not, or is reported as
 * no submission: none is left out in silence.
 */
import { basename, extname, join } from "node:path";
import { isLitter } from "../../archive/rezipped.ts";
import { Failed } from "../../engine/failed.ts";
import { naturalOrder } from "../../terminal/natural_order.ts";
import { shownPath } from "../../terminal/user_path.ts";
import { isLinked } from "../../store/link.ts";
import { kindAt, statOf } from "../../store/existence.ts";
import { isMetricsFile } from "../apart/find_submission.ts";

interface ClassEntries {
  /** Names of regular files and directories. */
  submissions: string[];
  /** Entries that cannot be opened. */
  refused: NamedReason[];
  /** Entries that are no submissions. */
  skipped: NamedReason[];
}

/** An entry's name, and a reason about it. */
export interface NamedReason {
  name: string;
  why: string;
}

/** Files that lie beside submissions, and are none. */
const documents = [
  ".txt",
  ".md",
  ".pdf",
  ".doc",
  ".docx",
  ".odt",
  ".rtf",
  ".html",
  ".xls",
  ".xlsx",
];

/**
 * Names in their natural order. The grades are written to `output`, which may lie among them.
 * Throws a `Failed` where there is none to grade.
 */
export function classEntries(directory: string, output?: string): ClassEntries {
  const entries: ClassEntries = { submissions: [], refused: [], skipped: [] };
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort(naturalOrder);
  for (const name of names) {
    const [list, why] = output !== undefined && isLinked(join(directory, name), output)
      ? ["skipped" as const, "the file to which the grades are written"]
      : decided(directory, name);
    if (list === "submissions") entries.submissions.push(name);
    else entries[list].push({ name, why });
  }
  if (entries.submissions.length + entries.refused.length === 0) {
    const message = `--all expects a directory with submissions, found none in ${
      shownPath(directory)
    }.`;
    throw new Failed({ reason: "usage", message });
  }
  return entries;
}

function decided(directory: string, name: string): [keyof ClassEntries, why: string] {
  if (isLitter(name)) return ["skipped", "a file of the operating system"];
  if (name.startsWith(".")) return ["skipped", "its name begins with a dot"];
  let kind: string;
  try {
    kind = kindAt(join(directory, name));
  } catch (error) {
    // The name that was read is not the name on the disk.
    const why = error instanceof Deno.errors.NotFound && name.includes("\ufffd")
      ? "Its name on the disk is no UTF-8, so it cannot be opened. Rename it."
      : (error as Error).message;
    return ["refused", why];
  }
  if (kind === "directory") return ["submissions", ""];
  if (kind !== "file") {
    return ["refused", `It is a ${kind}, which is not followed or read. Hand in the file itself.`];
  }
  const extension = extname(name).toLowerCase();
  return documents.includes(extension) && !isMetricsFile(name)
    ? ["skipped", `a document (${extension})`]
    : ["submissions", ""];
}

/** Groups of entries whose names differ in the endings of files alone: one person handed them in, or it was unpacked. */
export const namesakes = (directory: string, names: readonly string[]): string[][] =>
  [
    ...Map.groupBy(names, (name) => {
      const isDirectory = statOf(join(directory, name), Deno.lstatSync)?.isDirectory === true;
      return isDirectory ? name : basename(name, extname(name));
    }).values(),
  ].filter(({ length }) => length > 1);
