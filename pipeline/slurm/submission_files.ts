/**
 * The directory `slurm/` of a run: what was submitted and how it goes, each file written by one side
 * alone. `schemas/run/slurm_submission.ts` has the forms.
 *
 *     submission.json    by who submits, before anything is submitted
 *     tickets/N.json     by who submits: a job each
 *     submitted.jsonl    by who submits: a line for each job that Slurm has taken
 *     journals/N.jsonl   by the node that runs ticket N
 *     output/JOB.txt     what the node's process printed
 */
import { dirname, join } from "node:path";
import type { z } from "zod";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import { JournalLine, Submission, Submitted, Ticket } from "../../schemas/run/slurm_submission.ts";
import { linesFrom, readJson } from "../formats/read_json.ts";
import { appendLine } from "../store/append_line.ts";
import { makeDirectory, writeWhole } from "../store/atomic_write.ts";
import { statOf } from "../store/existence.ts";
import { entriesIn } from "../store/files_under.ts";

const paths = {
  submission: (directory: string) => join(directory, "submission.json"),
  submitted: (directory: string) => join(directory, "submitted.jsonl"),
  ticket: (directory: string, ticket: number) => join(directory, "tickets", `${ticket}.json`),
  journal: (directory: string, ticket: number) => join(directory, "journals", `${ticket}.jsonl`),
};

/** The lock that whoever follows a run holds. */
export const followLock = (run: string): string => `run-${run}`;

/** Returns the directory of a run's Slurm files. */
export const slurmPath = (runDirectory: string): string => join(runDirectory, "slurm");

/**
 * Returns the file to which a job's processes print; for an array, `%a` stands for the element's index.
 */
export const outputPath = (directory: string, job: string, element?: string): string =>
  join(
    directory,
    "output",
    `${job.replaceAll("/", ".")}${element === undefined ? "" : `-${element}`}.txt`,
  );

/** The end of what the processes of a job printed, where it printed anything. */
export function readOutput(directory: string, job: string, id: string): string {
  const most = 4096;
  const path = outputPath(directory, job, /_(\d+)$/.exec(id)?.[1]);
  const { isFile = false, size = 0 } = statOf(path) ?? {};
  if (!isFile) return "";
  using file = Deno.openSync(path);
  file.seekSync(Math.max(0, size - most), Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.min(size, most));
  const length = file.readSync(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, length)).trim();
}

function write(path: string, value: unknown): void {
  makeDirectory(dirname(path));
  const bytes = new TextEncoder().encode(JSON.stringify(value) + "\n");
  writeWhole(path, bytes, { scratch: dirname(path), mode: 0o644 });
}

/** Caps a file of a submission, in bytes. */
const largest = 64 << 20;

function read<S extends z.ZodType>(schema: S, path: string): z.output<S> {
  const hint = "Expected what fanin writes when it submits a run to Slurm; start the run anew.";
  return readJson(path, schema, { limit: largest, hint });
}

/** Makes the directory and begins it; nodes write into it from the first job on. */
export function writeSubmission(directory: string, submission: Submission): void {
  for (const name of ["tickets", "journals", "output"]) makeDirectory(join(directory, name));
  write(paths.submission(directory), submission);
}

export const readSubmission = (directory: string): Submission =>
  read(Submission, paths.submission(directory));

export function hasSubmission(directory: string): boolean {
  try {
    return Deno.statSync(paths.submission(directory)).isFile;
  } catch {
    return false;
  }
}

export const writeTicket = (directory: string, number: number, ticket: Ticket): void =>
  write(paths.ticket(directory, number), ticket);

export const readTicket = (directory: string, number: number): Ticket =>
  read(Ticket, paths.ticket(directory, number));

/** The tickets that a directory has a file of, in their order. */
const numbersIn = (directory: string): number[] =>
  entriesIn(directory)
    .flatMap(({ name }) => /^\d+\.jsonl?$/.test(name) ? [Number.parseInt(name)] : [])
    .sort((a, b) => a - b);

const ticketNumbers = (directory: string): number[] => numbersIn(join(directory, "tickets"));

/** Tickets whose jobs have begun. */
export const ticketsWithJournal = (directory: string): number[] =>
  numbersIn(join(directory, "journals"));

/** All tickets, by their numbers. */
export const readTickets = (directory: string): Map<number, Ticket> =>
  new Map(ticketNumbers(directory).map((number) => [number, readTicket(directory, number)]));

/** A number that no ticket has. */
export const nextTicket = (directory: string): number =>
  1 + (ticketNumbers(directory).at(-1) ?? -1);

const append = (path: string, value: unknown): void =>
  appendLine(path, JSON.stringify(value, floatsInJson));

export const noteSubmitted = (directory: string, line: Submitted): void =>
  append(paths.submitted(directory), line);

export const readSubmitted = (directory: string): Submitted[] =>
  linesFrom(Submitted, paths.submitted(directory), 0).lines.map(({ line }) => line);

/** Gives what writes lines of a journal, after those of an earlier start of the job. */
export const openJournal = (directory: string, ticket: number) => (line: JournalEntry): void =>
  append(paths.journal(directory, ticket), { at: new Date().toISOString(), ...line });

type WithoutTime<T> = T extends unknown ? Omit<T, "at"> : never;
type JournalEntry = WithoutTime<JournalLine>;

export function readJournal(directory: string, ticket: number, offset = 0) {
  const { lines, next } = linesFrom(JournalLine, paths.journal(directory, ticket), offset);
  return { lines: lines.map(({ line }) => line), next };
}
