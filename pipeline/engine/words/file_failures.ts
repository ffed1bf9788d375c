/** Words failures of files that a user names, and of what a run or an archive consists of. */
import { basename, dirname, join } from "node:path";
import { nearest } from "../../terminal/nearest.ts";
import { shownPath } from "../../terminal/user_path.ts";
import { bytes, count, someOf } from "../../terminal/numbers.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import type { FileFailure, Words } from "../event.ts";

/** Most jobs that a command in a message names. */
const most = 6;

export const fileFailures: Words<FileFailure> = {
  "wrong-path": ({ what, expected, found, path, known }) => {
    const near = nearest(basename(path), known);
    return `${what} expects a ${expected}, found ${found} at ${shownPath(path)}.` +
      (near === undefined ? "" : ` Did you mean "${shownPath(join(dirname(path), near))}"?`);
  },
  "invalid-file": ({ path, problems, hint }) =>
    `${shownPath(path)} does not have the expected form:\n  ${problems}\n${hint}`,
  "damaged-file": ({ path, expected, found }) =>
    `${shownPath(path)} is damaged: expected ${expected}, found ${found}. Remove its directory ` +
    `if it is of a run here: "deno task reproduce" records the run again, from stored results. ` +
    `Take any other anew from where it was made.`,
  "damaged-output": ({ file, run, expected, found }) =>
    `${file} of the run ${run} is not as its manifest says: expected bytes with the SHA-256 ` +
    `${expected}, found ${found}. It was damaged or edited after the run; take the run anew ` +
    `from where it was made.`,
  "lost-output": ({ file, run, expected, found }) =>
    `${file} of the run ${run} is damaged or missing, and the store has no whole copy of it: ` +
    `expected bytes with the SHA-256 ${expected}, found ${found}. "deno task verify" moves a ` +
    `damaged copy out of the store, so that "deno task reproduce" computes it again. To import or ` +
    `pull the run again brings it too.`,
  "not-in-run": ({ path }) =>
    `${shownPath(path)} is no plain file within its run, but a link that leads elsewhere, a ` +
    `directory or a device. Put the file itself there.`,
  "too-large": ({ path, size, limit }) =>
    `${shownPath(path)} has ${size} bytes; expected ${limit} at most.`,
  "bad-archive": ({ path, problem }) =>
    `${shownPath(path)} is not a run as "deno task export" writes it: ${problem}. Nothing of it ` +
    `was kept; take the archive anew from where it was made.`,
  "left-out": ({ path, files, bytes: size, experiment, jobs }) =>
    `${shownPath(path)} leaves out ${count(files.length, "artifact")} (${bytes(size)}) that the ` +
    `store here does not have either: ${someOf(files, 3)}. Make them here, if they are data: ` +
    `"deno task reproduce --experiment ${shellWord(experiment)} ${
      jobs.slice(0, most).map((job) => `--only ${shellWord(job)}`).join(" ")
    }". Or take an archive that has them.`,
  "run-exists": ({ run }) =>
    `There is another run ${run} here already, with another manifest, so that one is not ` +
    `imported. Remove the one here first ("deno task gc" removes runs), or compare the two: ` +
    `"deno task diff ${run} FILE".`,
  "unreadable-run": ({ run, path, problem }) =>
    `What the run ${run} needs is not known, so nothing is removed. "deno task reproduce" records ` +
    `its results again while they are stored. Do that first, then remove ${shownPath(path)}; ` +
    `import or pull a run of others again. ${problem}`,
  "unfit-directory": ({ path }) =>
    `The project lies in ${path}; expected a path without "*", below which Deno does not find ` +
    `all files of npm packages. Rename the directory.`,
  "file-exists": ({ path }) =>
    `${shownPath(path)} exists; expected the name of a file to make. Name another, or remove it.`,
  "not-printed": ({ message }) =>
    `Standard output could not be written: ${message}. What was computed is kept: give the ` +
    `output another place, and the same command prints it again.`,
  "not-written": ({ path, problem, hint = "Name another file, or make this one writable." }) =>
    `${shownPath(path)} cannot be written: ${problem}. ${hint}`,
  "not-opened": ({ program, address }) =>
    `${program}, which opens a page in the browser, is missing or refused. Open ${address} ` +
    `yourself.`,
  "port-in-use": ({ port }) =>
    `The port ${port} is in use, perhaps by another "report --watch". Choose one with --port.`,
};
