/**
 * Runs every benchmark, or the named ones, and prints a table for each on standard output.
 *
 *     deno task bench [training] [device] [kernels] [theory] [no-op] [up-to-date] [hashing] [scale] [--json]
 */
import { Failed } from "../../pipeline/engine/failed.ts";
import { toggle } from "../../pipeline/commands/flags.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { print, printJson } from "../../pipeline/terminal/print.ts";
import { benchHashing } from "./hashing.ts";
import { benchKernels } from "./bench_kernels.ts";
import { benchNoOp } from "./no_op.ts";
import { benchScale } from "./bench_scale.ts";
import { benchTheory } from "./bench_theory.ts";
import { table } from "./timing.ts";
import { benchDevice } from "./bench_on_device.ts";
import { benchTraining } from "./bench_by_hand.ts";
import { benchUpToDate } from "./up_to_date.ts";

const benchmarks: Record<string, () => Promise<Record<string, unknown>[]>> = {
  training: benchTraining,
  device: benchDevice,
  kernels: benchKernels,
  theory: benchTheory,
  "no-op": benchNoOp,
  "up-to-date": benchUpToDate,
  hashing: benchHashing,
  scale: benchScale,
};

const known = Object.keys(benchmarks);

Deno.exitCode = await runProgram("bench", {
  about: "measures the speed of training and of an up-to-date run",
  operands: { least: 0, most: known.length, text: `[${known.join("] [")}]` },
  flags: { json: toggle("prints one JSON value, for programs") },
  async run({ operands, json }) {
    const name = operands.find((name) => !known.includes(name));
    if (name !== undefined) {
      throw new Failed({ reason: "unknown-name", what: "benchmark", name, known });
    }
    const results: Record<string, Record<string, unknown>[]> = {};
    for (const name of operands.length > 0 ? operands : known) {
      results[name] = await benchmarks[name]();
      if (!json) print(`${name}\n${table(results[name])}\n`);
    }
    if (json) printJson(results);
    return 0;
  },
}, Deno.args);
