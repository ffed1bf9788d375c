/** Words failures of other machines: the remote store and Slurm. */
import { shellWord } from "../../terminal/shell_word.ts";
import type { ElsewhereFailure, Ending, Words } from "../event.ts";

export const elsewhereFailures: Words<ElsewhereFailure> = {
  "remote-failed": ({ url, problem }) =>
    `The remote store ${url} did not do its part: ${problem}. Nothing here was changed. Give the ` +
    `same command again once that is corrected; a push sends only what is missing.`,
  "not-in-remote": ({ url, run }) =>
    `The remote store ${url} has no run ${run}; expected the whole id of one that ` +
    `"deno task push" has brought there.`,
  "damaged-in-remote": ({ url, run, problem }) =>
    `The run ${run} is not whole in the remote store ${url}: ${problem}. Nothing here was changed. ` +
    `Whoever has the run repairs it there: "deno task push ${run} --remote ${
      shellWord(url)
    }". Then ` +
    `give the same command again.`,
  "other-run-in-remote": ({ url, run }) =>
    `The remote store ${url} has another run ${run} already, with another manifest, so this one ` +
    `is not pushed. Pull that one elsewhere to compare the two.`,
  "no-slurm": ({ program }) =>
    `Slurm's ${program} is not on this machine, or the task may not run it. Run this where jobs ` +
    `are submitted, or without --executor slurm; "deno task cluster" starts a Slurm of your ` +
    `own to try.`,
  "slurm-refused": ({ program, message, left }) =>
    `Slurm refused (${program}): ${message}\n${
      wordLeft(left)
    }Correct what it says, in cluster.json ` +
    `where that is of this site, and run again.`,
  "slurm-busy": ({ program, message, seconds }) =>
    `Slurm was busy for ${seconds} s (${program}: ${message}). Try again later; "patience" in ` +
    `cluster.json says for how many seconds fanin tries.`,
  "slurm-ended": ({ id, node, how, detail }) =>
    `${endings[how].what} (Slurm's job ${id}${node ? ` on ${node}` : ""}: ${detail}). ` +
    endings[how].advice,
  "other-machine": ({ node, fact, found, expected }) =>
    `${node} has the ${fact} ${found}; the job's key was made for ${expected}. Name nodes of one ` +
    `kind, with "constraint" or "partition" in cluster.json, and submit from one of that kind.`,
  "with-slurm": ({ run }) =>
    `The run ${run} is still with Slurm, and what it needs is not known yet. ` +
    `"deno task attach ${run}" takes it up to its end, with --cancel it is given up.`,
};

/** Words what Slurm has of a submission that it refused; empty where it was none. */
function wordLeft(left: readonly string[] | undefined): string {
  if (left === undefined) return "";
  if (left.length === 0) return "Nothing of the run was left with it. ";
  return `It may still have its jobs ${left.join(", ")}; "scancel ${left.join(" ")}" ends them. `;
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
