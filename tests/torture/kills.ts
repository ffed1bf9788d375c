/**
 * kill -9 at random moments, one to four processes at once on one empty store. What a kill leaves is
 * judged at once, before anything can mend it: every path under `blobs/` holds the bytes of its name,
 * every entry names blobs that are there, every manifest can be read. Then the next run must end with
 * the undisturbed hashes, do nothing again that had been finished, and `verify` must find nothing.
 *
 * A kill leaves the page cache as it is, so it proves the order of what a process does, not what is on
 * the disk when the power fails: that is the matter of `power_loss.ts`.
 */
import type { Event } from "../../pipeline/engine/event.ts";
import { wordFailure } from "../../pipeline/engine/failed.ts";
import { wordNotice } from "../../pipeline/engine/words/notices.ts";
import { runHere } from "./experiment/run_here.ts";
import {
  empty,
  faultsIn,
  type Place,
  type Reference,
  run,
  type Running,
  start,
  startLean,
  wrongOutputs,
} from "./place.ts";
import { inPlaces, type Rounds } from "./rounds.ts";
import { countFault, type Random, type Tally } from "./tally.ts";

/** Jobs and steps that a run said it had finished, and those that it began. */
function workIn(err: string): { finished: string[]; begun: string[] } {
  const all = (form: RegExp) => [...err.matchAll(form)].map((match) => match.slice(1).join(" "));
  return {
    finished: [
      ...all(/^\S+ done +(\S+) in /gm),
      ...all(/^\S+ notice +(\S+): stored (step \d+)$/gm),
    ],
    begun: [...all(/^\S+ start +(\S+):/gm), ...all(/^\S+ notice +(\S+): computes (step \d+)$/gm)],
  };
}

/** A kind of round: its writers, and the run after a kill. */
interface Kind {
  about: string;
  start(place: Place): Running;
  /** The next run: what it said, and its exit code. */
  again(place: Place): Promise<{ code: number; err: string }>;
  /** Milliseconds that a run takes from its first job on; updated as runs end by themselves. */
  usual: number;
}

const commandLine: Kind = {
  about: "the command line, worker threads",
  start: (place) => start(place, ["reproduce"]),
  again: (place) => run(place, ["reproduce"]),
  usual: 600,
};

const lean: Kind = {
  about: "the engine in one thread",
  start: startLean,
  again: async ({ artifacts }) => {
    const lines: string[] = [];
    const onEvent = (event: Event) => {
      if (event.type === "started") lines.push(`- start ${event.job}: `);
      if (event.type === "notice") lines.push(`- notice ${wordNotice(event.notice)}`);
      if (event.type === "failure") lines.push(`- failed ${wordFailure(event.failure)}`);
    };
    await runHere(artifacts, { onEvent });
    const failed = lines.some((line) => line.startsWith("- failed"));
    return { code: failed ? 2 : 0, err: lines.join("\n") };
  },
  usual: 150,
};

async function killRound(
  place: Place,
  { template, outputs }: Reference,
  random: Random,
  tally: Tally,
): Promise<void> {
  empty(place, template);
  const kind = random.below(6) === 0 ? commandLine : lean;
  const writers = random.one([1, 1, 2, 3, 4]);
  const running = Array.from({ length: writers }, () => kind.start(place));
  // One of the writers may live on, and must end well.
  const victims = writers > 1 && random.below(4) === 0 ? running.slice(1) : running;
  // Now and then before any work has begun.
  if (random.below(20) > 0) await Promise.race(running.map(({ atWork }) => atWork));
  const begun = performance.now();
  const all = Promise.all(running.map(({ ended }) => ended));
  const moment = random.below(kind.usual);
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, moment))]);
  for (const { kill } of victims) kill();
  const ended = await all;
  const killed = ended.filter(({ signal }) => signal === "SIGKILL").length;
  const how = writers === 1 ? "one writer" : "2 to 4 writers at once";
  countFault(tally, `kill -9, ${how}: ${kind.about}`, killed);
  const natural = performance.now() - begun;
  const learnt = killed < writers ? 0.8 * kind.usual + 0.2 * natural : 1.02 * kind.usual;
  kind.usual = Math.min(5000, learnt);

  for (const { code, signal, err } of ended) {
    if (signal === null && code !== 0) {
      tally.failed.push(`a run that nobody killed failed:\n${err}`);
    }
  }
  tally.broken.push(...faultsIn(place).map((fault) => `after a kill, ${fault}`));
  const before = new Set(ended.flatMap(({ err }) => workIn(err).finished));
  const next = await kind.again(place);
  if (next.code !== 0) return void tally.failed.push(`the run after a kill failed:\n${next.err}`);
  tally.lost.push(...workIn(next.err).begun.filter((work) => before.has(work)));
  tally.compared++;
  tally.wrong.push(...wrongOutputs(place, outputs));
  tally.broken.push(...faultsIn(place).map((fault) => `after the run after a kill, ${fault}`));
  const verified = random.below(20) === 0 ? await run(place, ["verify"]) : undefined;
  if (verified && verified.code !== 0) {
    tally.failed.push(`verify found after a kill:\n${verified.out}${verified.err}`);
  }
}

/** Kills for as long as there is time, in `width` places side by side. */
export const torment = (at: string, reference: Reference, options: Rounds): Promise<Tally> =>
  inPlaces(at, reference, options, killRound);
