/**
 * Tortures the store: processes killed at random moments, power failures, damage, full disks; after each
 * the next run must end with the undisturbed hashes. Prints what was done and what came of it.
 *
 *     deno task torture [--minutes M] [--seed N] [--json]
 *
 * Exit codes: 0 if every promise was kept and every control was caught; 1 if not; 2 if it could not run.
 */
import { join } from "node:path";
import { openConsole } from "../../pipeline/terminal/progress.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { toggle, value } from "../../pipeline/commands/flags/flags.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { count } from "../../pipeline/terminal/numbers.ts";
import { textTable } from "../../pipeline/terminal/text_table.ts";
import { print } from "../../pipeline/terminal/print.ts";
import { printJson } from "../../pipeline/terminal/print_json.ts";
import { type Control, controls, powerLoss } from "./controls.ts";
import { damage } from "./damage.ts";
import { fileSystems } from "./file_systems.ts";
import { fullDisk, limitFiles } from "./full_disk.ts";
import { torment } from "./kills.ts";
import { type Reference, undisturbed } from "./place.ts";
import { root } from "../support/checkout.ts";
import { addTally, isClean, newTally, randomFrom, type Tally } from "./tally.ts";

const defaultMinutes = 2;

interface Options {
  minutes: number;
  seed: number;
}

/** A number that a flag must be; throws a failure that says so. */
function numberOf(flag: string, text: string, expected: string, fits: (n: number) => boolean) {
  const number = Number(text);
  if (fits(number)) return number;
  const message = `--${flag} expects ${expected}, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

/** Shares of the time for each kind of fault; the controls' time comes on top. */
const shares = { kills: 0.6, damage: 0.16, fullDisk: 0.08, limit: 0.06, powerLoss: 0.1 };

async function torture(at: string, { minutes, seed }: Options, say: (line: string) => void) {
  const random = randomFrom(seed);
  const width = navigator.hardwareConcurrency;
  const sum = newTally();
  say("an undisturbed run");
  const reference: Reference = await undisturbed(at);
  say("controls: stores that are broken on purpose");
  const caught = await controls(at, reference, { random, width });
  const seconds = (share: number) => minutes * 60 * share;
  const until = (share: number) => performance.now() + seconds(share) * 1000;
  const parts: [string, () => Promise<Tally>][] = [
    ["other file systems", () => fileSystems(at, reference)],
    [
      "power failures",
      () => powerLoss(at, { seed: random.below(1e9), seconds: seconds(shares.powerLoss) }),
    ],
    [
      "full disks",
      () => fullDisk(at, reference, { seed: random.below(1e9), seconds: seconds(shares.fullDisk) }),
    ],
    [
      "limits on the size of files",
      () => limitFiles(at, reference, { random, until: until(shares.limit) }),
    ],
    ["damage", () => damage(at, reference, { random, width, until: until(shares.damage) })],
    ["kill -9", () => torment(at, reference, { random, width, until: until(shares.kills) })],
  ];
  for (const [what, part] of parts) {
    say(what);
    addTally(sum, await part());
  }
  return { sum, caught };
}

function report(sum: Tally, caught: readonly Control[]): string[] {
  const rows = Object.entries(sum.faults).map(([kind, number]) => [kind, String(number)]);
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", title, ...[...new Set(lines)].slice(0, 20)];
  return [
    ...textTable([["Fault", "Times"], ...rows], [1]),
    "",
    ...textTable([
      ["runs compared with the undisturbed one", String(sum.compared)],
      ["wrong results served", String(sum.wrong.length)],
      ["finished work that was done again", String(sum.lost.length)],
      ["stores found broken", String(sum.broken.length)],
      ["commands that ended otherwise than they should", String(sum.failed.length)],
    ], [1]),
    "",
    ...textTable([
      ["Broken on purpose", "Faults until caught", "Caught by"],
      ...caught.map((
        { name, faults, caughtBy },
      ) => [name, String(faults), caughtBy ?? "NOT CAUGHT"]),
    ], [1]),
    ...list("Did not run here:", sum.notRun),
    ...list("WRONG:", sum.wrong),
    ...list("LOST:", sum.lost),
    ...list("BROKEN:", sum.broken),
    ...list("FAILED:", sum.failed),
  ];
}

/** Gives the exit code. */
async function tortureAndReport(options: Options, json: boolean): Promise<number> {
  const at = join(root, "artifacts", "torture");
  Deno.mkdirSync(at, { recursive: true });
  const started = new Date();
  const view = openConsole();
  const directory = Deno.makeTempDirSync({ dir: at });
  view.say(`seed ${options.seed}, ${count(options.minutes, "minute")} and the controls`);
  try {
    const { sum, caught } = await torture(directory, options, (line) => view.say(line));
    const good = isClean(sum) && caught.every(({ caughtBy }) => caughtBy !== undefined);
    const seconds = Math.round((Date.now() - started.getTime()) / 1000);
    const about = { seed: options.seed, started: started.toISOString(), seconds };
    if (json) printJson({ ...about, good, ...sum, controls: caught });
    else {
      print(report(sum, caught));
      print([
        "",
        `${good ? "Every promise was kept." : "NOT EVERY PROMISE WAS KEPT."} ` +
        `${about.started.slice(0, 10)}, ${seconds} s, seed ${options.seed}.`,
      ]);
    }
    return good ? 0 : 1;
  } finally {
    view.close();
    Deno.removeSync(directory, { recursive: true });
  }
}

Deno.exitCode = await runProgram("torture", {
  about: "tests the store under kills, power failures, damage and full disks",
  flags: {
    minutes: value("M", `the time besides the controls, in minutes (default ${defaultMinutes})`),
    seed: value("N", "the seed of everything random (default: another each time)"),
    json: toggle("prints one JSON value, for programs"),
  },
  run: ({ minutes = String(defaultMinutes), seed = String(Date.now() % 1e9), json }) =>
    tortureAndReport({
      minutes: numberOf("minutes", minutes, "a number above 0", (n) => n > 0),
      seed: numberOf("seed", seed, "an integer", Number.isInteger),
    }, json),
}, Deno.args);
