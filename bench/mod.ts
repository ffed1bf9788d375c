/**
 * How fast: every benchmark, or the named ones, each a table on standard output.
 *
 *     deno task bench [training] [device] [kernels] [theory] [no-op] [up-to-date] [hashing]
 *         [scale] [--json]
 */
import { parseArgs } from "@std/cli/parse-args";
import { benchHashing } from "./hashing.ts";
import { benchKernels } from "./kernels.ts";
import { benchNoOp } from "./no_op.ts";
import { benchScale } from "./scale.ts";
import { benchTheory } from "./theory.ts";
import { table } from "./timing.ts";
import { benchDevice } from "./train_on_device.ts";
import { benchTraining } from "./train_by_hand.ts";
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

const { json, _: named } = parseArgs(Deno.args, { boolean: ["json"], string: ["_"] });
const unknown = named.find((name) => !(name in benchmarks));
if (unknown !== undefined) {
  console.error(
    `No benchmark is named "${unknown}". Known: ${Object.keys(benchmarks).join(", ")}.`,
  );
  Deno.exit(2);
}
const results: Record<string, Record<string, unknown>[]> = {};
for (const name of named.length > 0 ? named : Object.keys(benchmarks)) {
  results[name] = await benchmarks[name]();
  if (!json) console.log(`${name}\n${table(results[name])}\n`);
}
if (json) console.log(JSON.stringify(results, null, 2));
