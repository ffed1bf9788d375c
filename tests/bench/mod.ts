/**
 * Runs every benchmark but `whole-run`, `large-store` and `scale`, which take longer, or the named ones, and prints a
 * table for each.
 * `--json` prints their results as one value, schema in `schemas/assignment/bench_results.ts`. `--write`
 * keeps them in `artifacts/reference/bench.json`, beside earlier ones of the same machine. `deno task docs` makes
 * docs/performance.md from it.
 *
 *     deno task bench [training] [device] [kernels] [theory] [no-op] [up-to-date] [hashing] [whole-run]
 *     [large-store] [scale] [FLAGS]
 */
import { Failed } from "../../pipeline/engine/failed.ts";
import { toggle, value } from "../../pipeline/commands/flags/flags.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { canonicalJson } from "../../pipeline/formats/json.ts";
import { print } from "../../pipeline/terminal/print.ts";
import { printJson } from "../../pipeline/terminal/print_json.ts";
import { checkWritable, writeResult } from "../../pipeline/terminal/result_file.ts";
import { count } from "../../pipeline/terminal/numbers.ts";
import { textTable } from "../../pipeline/terminal/text_table.ts";
import { BenchmarkName } from "../../schemas/assignment/bench_results.ts";
import { benchFile, benchHead, composed, readBench } from "./bench_file.ts";
import { benchHashing } from "./hashing.ts";
import { benchKernels } from "./bench_kernels.ts";
import { benchLargeStore } from "./large_store.ts";
import { benchNoOp } from "./no_op.ts";
import { benchScale } from "./bench_scale.ts";
import { benchTable } from "./bench_table.ts";
import { benchTheory } from "./bench_theory.ts";
import { benchDevice } from "./bench_on_device.ts";
import { benchTraining } from "./bench_by_hand.ts";
import { benchUpToDate } from "./up_to_date.ts";
import { benchWholeRun } from "./whole_run.ts";
import type { Measured } from "./turns.ts";

const benchmarks: Record<BenchmarkName, (rounds?: number) => Promise<Measured>> = {
  training: benchTraining,
  device: benchDevice,
  kernels: benchKernels,
  theory: benchTheory,
  "no-op": benchNoOp,
  "up-to-date": benchUpToDate,
  hashing: benchHashing,
  "whole-run": benchWholeRun,
  "large-store": benchLargeStore,
  scale: benchScale,
};

const known = BenchmarkName.options;
/** These take longer than all others, and run where they are named. */
const onlyNamed: readonly BenchmarkName[] = ["whole-run", "large-store", "scale"];
const oneRound: readonly BenchmarkName[] = ["whole-run", "scale"];

function parseName(name: string): BenchmarkName {
  const found = known.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Failed({ reason: "unknown-name", what: "benchmark", name, known: [...known] });
}

function parseRounds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  const message = `--rounds expects a number from 1 to 999, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

// Workers of other libraries keep the process alive, so it exits by itself.
Deno.exit(
  await runProgram("bench", {
    about: "compares the speed of training and of runs with other programs",
    operands: { least: 0, most: known.length, text: `[${known.join("] [")}]` },
    flags: {
      rounds: value(
        "N",
        "rounds of each benchmark (default: 5 to 15; whole-run and scale have one)",
      ),
      write: toggle("writes artifacts/reference/bench.json, which deno task docs reads"),
      json: toggle("prints one JSON value, for programs"),
    },
    async run({ operands, rounds, write, json }) {
      const names = operands.length > 0
        ? operands.map(parseName)
        : known.filter((name) => !onlyNamed.includes(name));
      const given = parseRounds(rounds);
      if (write) checkWritable(benchFile);
      const head = await benchHead();
      const earlier = write ? readBench() : undefined;
      const measured = new Map<BenchmarkName, Measured>();
      for (const name of new Set(names)) {
        const result = await benchmarks[name](oneRound.includes(name) ? undefined : given);
        measured.set(name, result);
        // After each benchmark, so that one that fails loses nothing of those before it.
        if (write) writeResult(benchFile, canonicalJson(composed(head, measured, earlier)) + "\n");
        if (json) continue;
        const table = benchTable(name, result.benchmark);
        print([
          `${name}: medians of ${count(result.benchmark.rounds, "round")} (least to largest)`,
        ]);
        print([...textTable(table, table[0].map((_, i) => i).slice(1)), ""]);
      }
      if (json) printJson(composed(head, measured));
      return 0;
    },
  }, Deno.args),
);
