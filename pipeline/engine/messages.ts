/**
 * Puts failures and notices into words: what failed, what was expected, what was found, what to do.
 * Nothing else in the engine words a message.
 */
import { basename, dirname, join } from "node:path";
import { nearest } from "../terminal/nearest.ts";
import { someOf } from "../terminal/numbers.ts";
import { escaped, linesWithin } from "../terminal/escape.ts";
import { shownPath } from "../terminal/user_path.ts";
import type { Ending, Failure, Notice } from "./event.ts";

/**
 * Fields that hold a text, perhaps of several lines, as others worded it. All other text in a failure
 * or notice is a name, or the one sentence of a `usage`.
 */
const texts: readonly string[] = ["message", "problem", "problems", "detail"];

/** A failure or notice whose words cannot be broken, or forged, by a name or a text in it. */
function readable<T>(value: T, field = ""): T {
  if (Array.isArray(value)) return value.map((one) => readable(one, field)) as T;
  if (typeof value === "object" && value !== null) {
    const isSentence = "reason" in value && value.reason === "usage";
    const fields = Object.entries(value)
      .map(([name, one]) => [name, isSentence ? readable(one) : readable(one, name)]);
    return Object.fromEntries(fields) as T;
  }
  if (typeof value !== "string" || field === "reason") return value;
  const lines = texts.includes(field) ? linesWithin(value) : [value];
  return lines.map(escaped).join("\n") as T;
}

/** A failure in printable lines. */
export const failureLines = (failure: Failure): string[] =>
  wordFailure(readable(failure)).split("\n");

/** A notice in printable lines. */
export const noticeLines = (notice: Notice): string[] => wordNotice(readable(notice)).split("\n");

/** A failure in words, with names and texts as they are: for files and programs. */
export function wordFailure(failure: Failure): string {
  switch (failure.reason) {
    case "usage":
      return failure.message;
    case "no-interval":
      return `These replicates give no expected values: ${failure.problems}`;
    case "unknown-name": {
      const { what, name, known } = failure;
      return `No ${what} is named "${name}". ${nameHint(name, known)}`;
    }
    case "wrong-path": {
      const { what, expected, found, path, known } = failure;
      const near = nearest(basename(path), known);
      return `${what} expects a ${expected}, found ${found} at ${shownPath(path)}.` +
        (near === undefined ? "" : ` Did you mean "${shownPath(join(dirname(path), near))}"?`);
    }
    case "ambiguous-run": {
      const { name, known } = failure;
      return `"${name}" abbreviates the ids of ${known.length} runs; expected those of one. They are ` +
        `${someOf(known, 6)}. Write more of the id.`;
    }
    case "no-such-run": {
      const { name, found, known } = failure;
      const runs = known.length === 0
        ? `"deno task reproduce" makes one`
        : `the runs here are ${known.slice(0, 6).join(", ")}${known.length > 6 ? ", …" : ""}`;
      return `No run is named "${name}": ${found}; ${runs}.`;
    }
    case "invalid-parameters":
      return `The parameters of ${failure.job} do not fit its schema:\n${failure.problems}`;
    case "invalid-file": {
      const { path, problems, hint } = failure;
      return `${shownPath(path)} does not have the expected form:\n${problems}\n${hint}`;
    }
    case "not-loaded":
      return `${failure.what} cannot be loaded: ${failure.problem}`;
    case "duplicate-job":
      return `Two jobs are named "${failure.name}"; expected each name once. Rename one in the DAG.`;
    case "duplicate-stage":
      return `Two stages are named "${failure.name}"; expected each name once. Rename one.`;
    case "unfit-metric-name":
      return `The stage ${failure.stage} declares a metric whose name is none: ${failure.problem}`;
    case "duplicate-name": {
      const { kind, name } = failure;
      const jobs = failure.jobs.join(" and by ");
      return kind === "metrics"
        ? `The metric "${name}" is given by ${jobs}; expected each name once. Name the jobs ` +
          `differently after the "/", or one of the metrics.`
        : `The claim ${name} is judged by ${jobs}; expected one verdict a claim. Leave it to one of ` +
          `them.`;
    }
    case "same-names": {
      const { kind, stage, jobs } = failure;
      const [what, hint] = kind === "metrics"
        ? [`give the same metrics under one name`, `Name the jobs differently after the "/"`]
        : [`judge the same claims`, `Leave them to one of the jobs`];
      return `${
        jobs.join(" and ")
      } are jobs of the stage ${stage} and would ${what}. ${hint}, or ` +
        `let the stage say by its "names" that theirs differ.`;
    }
    case "missing-input":
      return `${failure.job} needs an input "${failure.input}" and none is wired to it in the DAG.`;
    case "wrong-wiring":
      return `The input "${failure.input}" of ${failure.job} expects ${failure.expected}, found ` +
        `${failure.found}. Wire another output to it.`;
    case "cycle":
      return `These jobs wait for each other: ${failure.jobs.join(" → ")}. A DAG has no cycle.`;
    case "job-failed":
      return [
        `${failure.job} failed: ${wordSystemError(failure.message)}`,
        ...(failure.trace ?? []).map((place) => `    ${place}`),
        ...failure.log === undefined ? [] : [`  Its log: ${failure.log}`],
      ].join("\n");
    case "unfit-output":
      return `its stage ${failure.stage} gave an output "${failure.output}" that cannot be stored: ` +
        failure.problem;
    case "job-skipped":
      return `${failure.job} was not run: it needs ${failure.because.join(", ")}`;
    case "interrupted":
      return `${failure.job} was interrupted; what had finished is kept, run again to go on`;
    case "stopped":
      return `It stopped as requested, after step ${failure.step}, which is kept.`;
    case "premature":
      return `Its input ${failure.input} is not there: the job before it has left no result.`;
    case "damaged-blob":
      return `The stored artifact ${failure.sha256} is damaged: its bytes now have the SHA-256 ` +
        `${failure.found}. It was moved to damaged/; run "deno task reproduce" to compute it again.`;
    case "missing-blob":
      return `The stored artifact ${failure.sha256} is missing. Run "deno task reproduce" to ` +
        `compute it again.`;
    case "unreadable-input":
      return `Its input ${failure.input} cannot be read: ${failure.problem}`;
    case "unreadable-output":
      return `The output ${failure.output} of ${failure.job} cannot be read: ${failure.problem}`;
    case "damaged-file":
      return `${
        shownPath(failure.path)
      } is damaged: expected ${failure.expected}, found ${failure.found}. ` +
        `Remove its directory if it is of a run here: "deno task reproduce" records the run again, ` +
        `from stored results. Take any other anew from where it was made.`;
    case "damaged-output":
      return `${failure.file} of the run ${failure.run} is not as its manifest says: expected bytes ` +
        `with the SHA-256 ${failure.expected}, found ${failure.found}. It was damaged or edited ` +
        `after the run; take the run anew from where it was made.`;
    case "not-in-run":
      return `${
        shownPath(failure.path)
      } is no plain file within its run, but a link that leads elsewhere, a ` +
        `directory or a device. Put the file itself there.`;
    case "too-large":
      return `${
        shownPath(failure.path)
      } has ${failure.size} bytes; expected ${failure.limit} at most.`;
    case "bad-archive":
      return `${
        shownPath(failure.path)
      } is not a run as "deno task export" writes it: ${failure.problem}. ` +
        `Nothing of it was kept; take the archive anew from where it was made.`;
    case "run-exists":
      return `There is another run ${failure.run} here already, with another manifest, so that one is ` +
        `not imported. Remove the one here first ("deno task gc" removes runs), or compare the two: ` +
        `"deno task diff ${failure.run} FILE".`;
    case "unfit-directory":
      return `The project lies in ${failure.path}; expected a path without "*", below which Deno does not ` +
        `find all files of npm packages. Rename the directory.`;
    case "not-a-directory":
      return `${failure.path} is a ${failure.found}; expected a directory, a link to one, or nothing, ` +
        `as fanin makes it. Move it away.`;
    case "file-exists":
      return `${
        shownPath(failure.path)
      } exists; expected the name of a file to make. Name another, or ` +
        `remove it.`;
    case "input-changed":
      return `The stored artifact ${failure.sha256}, its input ${failure.input}, was changed or ` +
        `removed while it ran, so its result is not stored. Run again.`;
    case "data-outside":
      return `"${failure.path}" names no file or directory within the repository, so it cannot be an ` +
        `input; expected a path that counts from the directory of deno.json. Move the data there.`;
    case "data-unusable":
      return `${failure.path} cannot be read as an input: ${failure.problem}. The DAG names it or a ` +
        `directory that holds it; put it there, or name another ${failure.kind} in the DAG.`;
    case "data-changed":
      return `${failure.path} was changed after its hash was taken, so it is not stored. Run again.`;
    case "package-edited": {
      const { package: name, path, how, remembered } = failure;
      const repair = how === "added" ? `Remove it` : `Run "deno install --reload=npm:${name}"`;
      return `${path} was ${how} since the package ${name} was first used here, so no job runs ` +
        `with it: the result would not be that of the locked package. ${repair}. If the package was ` +
        `edited before and is right now, remove ${remembered}, and --force the jobs that used it.`;
    }
    case "unfit-name":
      return `"${failure.name}" becomes a path, and not every system can have it; expected letters, ` +
        `digits, "_", "-", "." and spaces between "/". Rename it in the DAG.`;
    case "long-name": {
      const { what, name, length, limit } = failure;
      const part = length === name.length ? "It" : 'Its longest part between "/"';
      return `The name of the ${what} "${name.slice(0, 40)}…" becomes a file's. ${part} has ` +
        `${length} characters; expected ${limit} at most. Shorten it.`;
    }
    case "same-place":
      return `"${failure.names[0]}" and "${
        failure.names[1]
      }" are one name where case does not count ` +
        `or letters are composed otherwise; expected names that differ on every system. Rename one.`;
    case "store-in-use":
      return "A run is using the store, and nothing is removed meanwhile. Wait for it to end.";
    case "missing-code":
      return `The bundle ${failure.sha256} of the stage ${failure.stage} is not in the store. Run ` +
        `again: it is made from the stage's files.`;
    case "damaged-code":
      return `The bundle of the stage ${failure.stage} is damaged: expected the SHA-256 ` +
        `${failure.sha256}, found ${failure.found} of ${
          shownPath(failure.path)
        }. It was removed; ` +
        `run again.`;
    case "read-changed":
      return `${failure.path}, which it read, changed while it ran, so its result is not stored. Run ` +
        `again.`;
    case "not-declared":
      return `The stage ${failure.stage} ${wordReach(failure)}`;
    case "unbundled-import":
      return `The stage ${failure.stage} imports "${failure.specifier}", which is neither a file of ` +
        `this repository or of a package that it links, a locked npm package nor a part of the ` +
        `runtime, so its code cannot enter the key. Import an npm package that deno.json names, one ` +
        `that it links, or a relative path.`;
    case "impure-import":
      return `The stage ${failure.stage} imports ${failure.specifier} in ${failure.path}; expected a ` +
        `module of Node without clock, chance, machine and output, which no key holds. Use the ` +
        `globals (crypto, performance, process, console), which are fixed or watched, or \`effects\`.`;
    case "unknown-import-form":
      return `The stage ${failure.stage} imports ${failure.path}` +
        `${failure.type === undefined ? "" : ` as "${failure.type}"`}; expected TypeScript, ` +
        `JavaScript or JSON, or an import with { type: "text" } or { type: "bytes" }.`;
    case "computed-import":
      return `The stage ${failure.stage} imports what is computed while it runs, so its code cannot ` +
        `enter the key:\n${failure.places.map((place) => `  ${place}`).join("\n")}\n` +
        `Write the module's name out: import("./module.ts").`;
    case "code-unreadable":
      return `The code of the stage ${failure.stage} cannot be bundled: ${failure.message}`;
    case "not-printed":
      return `Standard output could not be written: ${failure.message}. What was computed is kept: ` +
        `give the output another place, and the same command prints it again.`;
    case "not-written":
      return `${
        shownPath(failure.path)
      } cannot be written: ${failure.problem}. Name another file, or ` +
        `make this one writable.`;
    case "port-in-use":
      return `The port ${failure.port} is in use, perhaps by another "report --watch". Choose one ` +
        `with --port.`;
    case "remote-failed":
      return `The remote store ${failure.url} did not do its part: ${failure.problem}. Nothing here was ` +
        `changed; the same command goes on from what has arrived there.`;
    case "not-in-remote":
      return `The remote store ${failure.url} has no run ${failure.run}; expected the whole id of one ` +
        `that "deno task push" has brought there.`;
    case "other-run-in-remote":
      return `The remote store ${failure.url} has another run ${failure.run} already, with another ` +
        `manifest, so this one is not pushed. Pull that one elsewhere to compare the two.`;
    case "not-opened":
      return `${failure.program}, which opens a page in the browser, is missing or refused. Open ` +
        `${failure.address} yourself.`;
    case "no-backend":
      return `The experiment accepts the backend ${failure.accepted.join(", then ")}, and this ` +
        `machine has no WebGPU adapter. ${adapterAdvice}, or accept the slower backend with ` +
        `--backend wasm.`;
    case "no-slurm":
      return `Slurm's ${failure.program} is not on this machine, or the task may not run it. Run this ` +
        `where jobs are submitted, or without --executor slurm; "deno task cluster" starts a Slurm ` +
        `of your own to try.`;
    case "slurm-refused":
      return `Slurm refused (${failure.program}): ${failure.message}\nNothing of the run was left with ` +
        `it. Mend what it says, in cluster.json where that is of this site, and run again.`;
    case "slurm-ended": {
      const { id, node, how, detail } = failure;
      return `${endings[how].what} (Slurm's job ${id}${node ? ` on ${node}` : ""}: ${detail}). ` +
        endings[how].advice;
    }
    case "other-machine":
      return `${failure.node} has the ${failure.fact} ${failure.found}; the job's key was made for ` +
        `${failure.expected}. Name nodes of one kind, with "constraint" or "partition" in ` +
        `cluster.json, and submit from one of that kind.`;
    case "with-slurm":
      return `The run ${failure.run} is still with Slurm, and what it needs is not known yet. ` +
        `"deno task attach ${failure.run}" takes it up to its end, with --cancel it is given up.`;
  }
}

/** The known name that was probably meant, or all known names. */
function nameHint(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean "${near}"?`;
  if (known.length === 0) return "There is none.";
  if (known.length <= 12) return `Known: ${known.join(", ")}.`;
  return `${known.length} are known; the first: ${known.slice(0, 6).join(", ")}.`;
}

/** Words what a stage reached for without declaring it, and how to declare it. */
function wordReach({ what, target }: { what: string; target: string }): string {
  switch (what) {
    case "read":
      return `read ${target}, which is not in its key. Give it as an input (file("${target}") in the ` +
        `DAG), read it by effects.readFile, or name it by new URL("./…", import.meta.url) written ` +
        `out; what lies outside of the project is declared under access.read.`;
    case "outside":
      return `reached for ${target}, which lies outside of the project. Name its directory under ` +
        `access.read.`;
    case "write":
      return `wrote to ${target}; expected outputs only. For temporary files there is ` +
        `effects.makeTempDir.`;
    case "net":
      return `reached for ${target}, a host that it does not declare. Name it under access.net.`;
    case "run":
      return `started ${target}, a program that it does not declare. Name it under access.run and ` +
        `start it by effects.run.`;
    case "package":
      return `read ${target}, of an npm package that it does not declare. Name the package under ` +
        `"packages", as the import map does.`;
    default:
      return `needs ${what} access to ${target}, which no stage has.`;
  }
}

/** Ends of a job at Slurm, each with what to do about it. */
const endings: Record<Ending, { what: string; advice: string }> = {
  node: {
    what: "its node failed",
    advice: "Run again: what had finished is kept; look at the node if it happens twice.",
  },
  memory: {
    what: "it used more memory than it had asked for",
    advice: 'Give its stage more "memory" (MiB) under "resources" in cluster.json, and run again.',
  },
  time: {
    what: "its time was over, and it reached no checkpoint before",
    advice: 'Give its stage more "minutes" under "resources" in cluster.json, and run again.',
  },
  preempted: {
    what: "it had to make room for another job",
    advice: "Run again, perhaps with another partition or qos in cluster.json.",
  },
  exit: {
    what: "its process ended without a result",
    advice: "Its output in the run's directory, slurm/output/, may say why.",
  },
  cancelled: { what: "it was cancelled", advice: "Run again to have it computed." },
  dependency: {
    what: "a job that it waited for did not succeed",
    advice: "Run again once that one succeeds.",
  },
  lost: { what: "Slurm lost it", advice: "Look at slurmctld's log, and run again." },
  unknown: { what: "it ended in a way that is not known", advice: "Run again." },
};

/** Messages of the system about a disk, each with what to do about it. */
const systemAdvice: [says: RegExp, advice: string][] = [
  [/No space left|not enough space|quota exceeded/i, "Free some space (deno task gc may help)"],
  [/Read-only file system/i, "Make the file system of artifacts/ writable"],
  [/Permission denied|Access is denied/i, "Make yourself the owner of artifacts/ or allow writing"],
  [/File too large/i, "Lift the limit on the size of files (ulimit -f)"],
  [/Too many open files/i, "Lift the limit on open files (ulimit -n)"],
  [/File name too long/i, "Move the project to a shorter path"],
  [/Input\/output error/i, "Look at the disk: it fails to read or write"],
];

/** A message that may come from the system, with what to do where that is known. */
export function wordSystemError(message: string): string {
  const advice = /\(os error \d+\)/.test(message) &&
    systemAdvice.find(([says]) => says.test(message))?.[1];
  return advice ? `${message}\n${advice}, and run again; what was finished is kept.` : message;
}

/** The way to get an adapter. */
const adapterAdvice =
  "Install a graphics driver; Debian's package mesa-vulkan-drivers has one in software";

const remoteConsequences: Record<Extract<Notice, { reason: "remote" }>["then"], string> = {
  "left-alone": "It is left alone for the rest of this run, which computes what it needs.",
  "not-written": "Nothing more is stored there by this run; it is still read from.",
  computed: "What it lacks is computed here; the same again is not told.",
  "not-asked": "The plan goes on without it.",
  "not-used": "It counts as missing.",
  "not-stored": "This result is not stored there; the same again is not told.",
};

/** A notice in words, with names and texts as they are: for files and programs. */
export function wordNotice(notice: Notice): string {
  switch (notice.reason) {
    case "stage-notice":
      return `${notice.job}: ${notice.message}`;
    case "cache-file-reset":
      return `${
        shownPath(notice.path)
      } could not be read (${notice.message}) and is made anew; it only ` +
        `saves time`;
    case "action-unusable":
      return `${notice.job} is computed again: its entry ${notice.problem}`;
    case "output-lost":
      return `${notice.job} is computed again: its output ${notice.output}, ${notice.sha256}, was ` +
        `found to be missing or damaged`;
    case "set-aside":
      return `The stored artifact ${notice.sha256} is damaged and is computed again where it is ` +
        `needed; what was found is kept as ${shownPath(notice.path)}`;
    case "made-again":
      return `${shownPath(notice.path)} was damaged or missing, and is made again from the run's ` +
        `artifacts`;
    case "run-not-whole":
      return `the run ${notice.run} computed the same, and is not whole: ${notice.message} ` +
        `It is left as it is, and the same is recorded as another run.`;
    case "copied":
      return `${
        shownPath(notice.path)
      } and others of this run are copies, not hard links, and take up space of ` +
        `their own (${notice.message})`;
    case "own-result-kept":
      return `the store has another result of ${notice.job} under the same key, and keeps it; the ` +
        `imported run keeps its own`;
    case "remote-result-kept":
      return `the remote store has another result of ${notice.job} under the same key, and keeps it; ` +
        `the pushed run keeps its own`;
    case "not-reproducible":
      return `${notice.job} was forced to run again and gave other bytes for ${
        notice.outputs.join(", ")
      }: it is not reproducible on this machine`;
    case "not-in-report":
      return notice.message;
    case "no-log":
      return `the run goes on without its log, which cannot be written: ${notice.message}`;
    case "not-latest":
      return `${notice.run} is not made latest, which still shows another run: ${notice.message}`;
    case "no-report":
      return `the run is recorded, its report could not be written: ${notice.message}; ` +
        `"deno task report" tries again`;
    case "remote":
      return `the remote store ${notice.url}: ${notice.problem}. ${
        remoteConsequences[notice.then]
      }`;
    case "commit-unknown": {
      const { message } = notice;
      const foreign = /dubious ownership in repository at '(.+)'/.exec(message)?.[1];
      const advice = foreign === undefined
        ? ""
        : `. If you trust it: git config --global --add safe.directory "${foreign}"`;
      return `the run is recorded without its commit: ${message}${advice}`;
    }
    case "store-being-cleaned":
      return "gc is removing artifacts; waiting for it to end";
    case "backend-fallback":
      return `There is no ${notice.wanted} adapter, so ${notice.used} is used, which the experiment ` +
        `accepts and which is slower. ${adapterAdvice}.`;
    case "waiting-for-lock":
      return `${notice.job} is being computed by another process` +
        `${notice.pid === undefined ? "" : `, ${notice.pid}`}; waiting for its result`;
    case "slurm-silent":
      return `Slurm does not answer (${notice.message}); its jobs go on, and the next request follows`;
    case "slurm-holds":
      return `Slurm holds ${notice.job} (its job ${notice.id}): ${notice.because}; it may wait for ever ` +
        `("scontrol show job ${notice.id}" says more)`;
  }
}
