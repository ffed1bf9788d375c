/**
 * Measures how chance moves verdicts. Without `--of` it reruns the theory's measurements from many seeds,
 * in a worker a core, and prints the rates of wrong verdicts; `--write` keeps them as
 * `artifacts/reference/verdict-rates.json`. With `--of` it runs whole experiments from many seeds and
 * counts the verdicts that are not the expected ones; `--write` keeps them as
 * `artifacts/reference/chance.json`.
 *
 *     deno task rates [--seeds 0-199] [--write] [--json]
 *     deno task rates --of quick [--seeds 0-39] [--write] [--json]
 *
 * Exit codes: 0 if no verdict of the theory was wrong, every control behaved and p-values are uniform; 1 if
 * not; 2 if it could not run. With `--of`, 0 whatever turned: some verdicts may.
 */
import { join } from "node:path";
import { openConsole } from "../../pipeline/terminal/progress.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { toggle, value } from "../../pipeline/commands/flags/flags.ts";
import { canonicalJson } from "../../pipeline/formats/json.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { checkWritable, writeResult } from "../../pipeline/terminal/result_file.ts";
import { textTable } from "../../pipeline/terminal/text_table.ts";
import { listed, percent as percentOf, range } from "../../pipeline/terminal/numbers.ts";
import { print } from "../../pipeline/terminal/print.ts";
import { Verdict } from "../../schemas/run/claim_verdict.ts";
import { type Rate, VerdictRates } from "../../schemas/assignment/verdict_rates.ts";
import { type ChanceGroup, RunsOf } from "../../schemas/assignment/chance.ts";
import { distributions } from "../../pipeline/claims/distributions.ts";
import {
  chanceFile,
  chanceGroup,
  committedGroups,
  referenceFolder,
  withGroup,
} from "./chance_group.ts";
import { cheap, type Rerun } from "./rerun.ts";
import { leastUniformity, ratesOf } from "./summary.ts";

const ratesFile = join(referenceFolder, "verdict-rates.json");

/** Below this, over all tests of uniformity, p-values are not uniform. */
const uniformityLevel = 1e-3;

function parseSeeds(text: string): { first: number; last: number } {
  const [, first, last] = /^(\d{1,9})-(\d{1,9})$/.exec(text)?.map(Number) ?? [];
  if (first !== undefined && first <= last) return { first, last };
  const message = `--seeds expects FIRST-LAST, such as 0-199, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

/** Reruns each seed in one of as many workers as there are cores; gives them in order. */
async function rerunAll(seeds: readonly number[]): Promise<Rerun[]> {
  const view = openConsole();
  view.show({ type: "started", job: "rates", about: "reruns" });
  const open = [...seeds].reverse();
  const reruns: Rerun[] = [];
  const work = async () => {
    const worker = new Worker(new URL("./rates_worker.ts", import.meta.url), { type: "module" });
    for (let seed = open.pop(); seed !== undefined; seed = open.pop()) {
      const next = Promise.withResolvers<Rerun>();
      worker.onmessage = ({ data }) => next.resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        next.reject(new Error(`seed ${seed}: ${event.message}`));
      };
      worker.postMessage(seed);
      reruns.push(await next.promise);
      view.show({
        type: "progress",
        job: "rates",
        done: reruns.length,
        total: seeds.length,
        unit: "seeds",
      });
    }
    worker.terminate();
  };
  const width = Math.min(seeds.length, navigator.hardwareConcurrency);
  try {
    await Promise.all(Array.from({ length: width }, work));
  } finally {
    view.close();
  }
  return reruns.sort((a, b) => a.seed - b.seed);
}

const percent = ({ low, high }: Rate): string =>
  `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)} %`;

function textOf(rates: VerdictRates): string[] {
  const claims = rates.claims.map(({ id, truth, verdicts }) => [
    id,
    truth,
    ...Verdict.options.map((verdict) => String(verdicts[verdict].count)),
    percent(verdicts[truth]),
  ]);
  const families = rates.families.map((
    { test, kind, conditions, below: [{ rate }], uniformity, leastOfConditions },
  ) => [
    test,
    kind,
    String(conditions),
    String(rate.of),
    percent(rate),
    uniformity === null ? "" : uniformity.p.toPrecision(2),
    leastOfConditions === null ? "" : leastOfConditions.toPrecision(2),
  ]);
  const { wrongRuns, misbehavedRuns, misses } = rates;
  const line = (text: string, rate: Rate) =>
    `${text}: ${rate.count} of ${rate.of} (${percent(rate)})`;
  return [
    ...textTable(
      [["claim", "by theory", ...Verdict.options, "as by theory, 95 %"], ...claims],
      [2, 3, 4, 5],
    ),
    "",
    ...textTable([
      ["p-values of true hypotheses", "kind", "conditions", "number", "below 0.05", "uniform: p"]
        .concat("least of a condition"),
      ...families,
    ], [2, 3]),
    "",
    line("runs with a wrong verdict", wrongRuns),
    line("runs with a control that misbehaved", misbehavedRuns),
    line("intervals that missed the true value", misses),
    `bound on a run's errors: ${rates.conditions} conditions at ${rates.level}, ` +
    `${rates.bound.toPrecision(3)} in all; least power of a condition: ${rates.leastPower}`,
  ];
}

/** The claims that can turn, with the seeds that turned them, and the number of the others. */
function textOfGroup({ what, seeds, anyTurned, claims }: ChanceGroup): string[] {
  const varying = claims.filter(({ varies }) => varies);
  const shares = ({ failed, of, interval }: ChanceGroup["anyTurned"]) => [
    `${failed} of ${of}`,
    range(interval, percentOf),
  ];
  return [
    `${what}.`,
    "",
    ...textTable([
      ["claim", "expected", "turned", "95 % interval", "seeds"],
      ...varying.map(({ id, expected, turned, turns }) => [
        id,
        expected,
        ...shares(turned),
        turns.map(({ seed, verdict }) => `${seed} ${verdict}`).join(", "),
      ]),
      ["any claim", "", ...shares(anyTurned), ""],
    ]),
    "",
    `${claims.length - varying.length} further claims measure the same from each of ` +
    `${seeds.length} seeds.`,
  ];
}

/** Default seeds of what is repeated. */
const usualSeeds = {
  theory: "0-199",
  quick: "0-39",
  assignment: "10-19",
  parity: "0-9",
  "last-batch": "0-99",
  pytorch: "0-1007",
};

const ofTheory = "theory";
const subjects = [ofTheory, ...RunsOf.options] as const;

function parseSubject(text: string): (typeof subjects)[number] {
  const subject = subjects.find((one) => one === text);
  if (subject !== undefined) return subject;
  const message = `--of expects ${listed(subjects, "or")}, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

const code = await runProgram("rates", {
  about: "repeats theory or runs with many seeds: how often verdicts turn",
  flags: {
    of: value(
      "WHAT",
      "theory (default), quick, assignment, or trainings: parity, last-batch, pytorch",
    ),
    seeds: value("FIRST-LAST", "the seeds (default: theory 0-199, quick 0-39, assignment 10-19)"),
    write: toggle("writes artifacts/reference/verdict-rates.json, or chance.json with --of"),
    json: toggle("prints one JSON value, for programs"),
  },
  async run({ of = ofTheory, seeds: given, write, json }) {
    const subject = parseSubject(of);
    const seeds = given ?? usualSeeds[subject];
    const { first, last } = parseSeeds(seeds);
    const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    if (write) checkWritable(subject === ofTheory ? ratesFile : chanceFile);
    if (subject !== ofTheory) {
      const command = `deno task rates --of ${subject} --seeds ${seeds} --write`;
      const group = await chanceGroup(subject, all, command);
      if (write) writeResult(chanceFile, canonicalJson(withGroup(committedGroups(), group)) + "\n");
      print(json ? canonicalJson(group) : textOfGroup(group));
      return 0;
    }
    const reruns = await rerunAll(all);
    const rates = VerdictRates.parse({
      command: `deno task rates --seeds ${seeds} --write`,
      date: new Date().toISOString().slice(0, 10),
      deno: Deno.version.deno,
      arch: Deno.build.arch,
      settings: cheap,
      ...ratesOf(await distributions(), reruns),
    });
    if (write) writeResult(ratesFile, canonicalJson(rates) + "\n");
    print(json ? canonicalJson(rates) : textOf(rates));
    const isRight = rates.wrongRuns.count === 0 && rates.misbehavedRuns.count === 0 &&
      !(leastUniformity(rates) < uniformityLevel);
    return isRight ? 0 : 1;
  },
}, Deno.args);
Deno.exit(code);
