/** Words notices: messages for the user while the work goes on. */
import { adapterAdvice } from "./advice.ts";
import { readable } from "./readable.ts";
import { shownPath } from "../../terminal/user_path.ts";
import type { Notice, Words } from "../event.ts";

const notices: Words<Notice> = {
  "stage-notice": ({ job, message }) => `${job}: ${message}`,
  "cache-file-reset": ({ path, message }) =>
    `${shownPath(path)} could not be read (${message}) and is made anew; it only saves time`,
  "package-recorded-again": ({ package: name, path, message }) =>
    `${shownPath(path)} could not be read (${message}). The package ${name} is recorded again as ` +
    `it is, so an edit made before now passes. To exclude one, delete node_modules and run ` +
    `"deno install --frozen".`,
  "action-unusable": ({ job, problem }) => `${job} is computed again: its entry ${problem}`,
  "output-lost": ({ job, output, sha256 }) =>
    `${job} is computed again: its output ${output}, ${sha256}, was found to be missing or damaged`,
  "set-aside": ({ sha256, path }) =>
    `The stored artifact ${sha256} is damaged and is computed again where it is needed; what was ` +
    `found is kept as ${shownPath(path)}`,
  "made-again": ({ path, isWritten }) =>
    `${shownPath(path)} was damaged or missing, and is made again from the run's artifacts` +
    (isWritten ? "" : ", for this command alone: it cannot be written there"),
  "output-from-store": ({ path, found }) =>
    `${shownPath(path)} does not have the bytes that its manifest names (found ${found}); the ` +
    `store has them, and they are used. "deno task verify" says how to repair the run`,
  "run-not-whole": ({ run, message }) =>
    `the run ${run} computed the same, and is not whole: ${message} It is left as it is, and the ` +
    `same is recorded as another run.`,
  copied: ({ path, message }) =>
    `${shownPath(path)} and others of this run are copies, not hard links, and take up space of ` +
    `their own (${message})`,
  "own-result-kept": ({ job }) =>
    `the store has another result of ${job} under the same key, and keeps it; the imported run ` +
    `keeps its own`,
  "remote-result-kept": ({ job }) =>
    `the remote store has another result of ${job} under the same key, and keeps it; the pushed ` +
    `run keeps its own`,
  "not-reproducible": ({ job, outputs }) =>
    `${job} was forced to run again and gave other bytes for ${
      outputs.join(", ")
    }: it is not reproducible on this machine`,
  "not-in-report": ({ message }) => message,
  "no-log": ({ message }) => `the run goes on without its log, which cannot be written: ${message}`,
  "not-registered": ({ store, message }) =>
    `${
      shownPath(store)
    } does not know what the runs here need, and "gc" of another user may remove it ` +
    `(${message})`,
  "not-latest": ({ run, message }) =>
    `${run} is not made latest, which still shows another run: ${message}`,
  "no-report": ({ message }) =>
    `the run is recorded, its report could not be written: ${message.replace(/\.$/, "")}. ` +
    `Once that is repaired, "deno task report" writes it`,
  remote: ({ url, problem, then }) =>
    `the remote store ${url}: ${problem}. ${remoteConsequences[then]}`,
  "commit-unknown": ({ message }) => {
    const foreign = /dubious ownership in repository at '(.+)'/.exec(message)?.[1];
    const advice = foreign === undefined
      ? ""
      : `. If you trust it: git config --global --add safe.directory "${foreign}"`;
    return `the run is recorded without its commit: ${message}${advice}`;
  },
  "store-being-cleaned": () => "gc is removing artifacts; waiting for it to end",
  "backend-fallback": ({ wanted, used }) =>
    `There is no ${wanted} adapter, so ${used} is used, which the experiment accepts. ` +
    `${adapterAdvice}, and run again for ${wanted}.`,
  "software-adapter": ({ adapter }) => {
    // A driver's name goes on with its version and its maker's.
    const [name] = adapter.split(/[,(]/);
    return `WebGPU computes on the processor here (${name.trim()}); "--backend wasm", which the ` +
      `experiment accepts too, trains in about half the time.`;
  },
  "waiting-for-lock": ({ job, pid, isOurs }) => {
    const other = pid === undefined ? "another process" : `another process, ${pid}`;
    return isOurs
      ? `${job} has the key of a job that is being computed; waiting for its result`
      : `${job} is being computed by ${other}; waiting for its result`;
  },
  "slurm-silent": ({ message }) =>
    `Slurm does not answer (${message}); its jobs go on, and the next request follows`,
  "slurm-busy": ({ program, message, seconds }) =>
    `Slurm is busy (${program}: ${message}); fanin tries again for up to ${seconds} s`,
  "slurm-twin": ({ job, id, other }) =>
    `Slurm took ${job} twice while it was busy: its job ${other} is cancelled, ${id} goes on`,
  "slurm-holds": ({ job, id, because }) =>
    `Slurm holds ${job} (its job ${id}): ${because}; it may wait for ever ("scontrol show job ` +
    `${id}" says more)`,
};

const remoteConsequences: Record<Extract<Notice, { reason: "remote" }>["then"], string> = {
  "left-alone": "It is left alone for the rest of this run, which computes what it needs.",
  "not-written": "Nothing more is stored there by this run; it is still read from.",
  computed: "What it lacks is computed here.",
  "not-asked": "The plan goes on without it.",
  "not-used": "It counts as missing.",
  replaced: "They are replaced by the right ones.",
  "not-stored": "This result is not stored there; the same again is not reported.",
};

/** A notice in words, with names and texts as they are: for files and programs. */
export const wordNotice = (notice: Notice): string =>
  (notices[notice.reason] as (notice: Notice) => string)(notice);

/** A notice in printable lines. */
export const noticeLines = (notice: Notice): string[] => wordNotice(readable(notice)).split("\n");
