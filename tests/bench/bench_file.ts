/** Composes the results of a run of benchmarks, and their committed file. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { quietenMesa } from "../../pipeline/engine/machine/adapter.ts";
import { environment } from "../../pipeline/engine/machine/machine.ts";
import { type BenchmarkName, BenchResults } from "../../schemas/assignment/bench_results.ts";
import { root } from "../support/checkout.ts";
import type { Measured } from "./turns.ts";
import { readJson } from "../../pipeline/formats/read_json.ts";

/** The committed results, from which `deno task docs` makes tables. */
export const benchFile = join(root, "artifacts", "reference", "bench.json");

/** A run of benchmarks: its day, as YYYY-MM-DD, and where. */
interface Head {
  date: string;
  kernel: string;
  machine: BenchResults["machine"];
}

/** A run that begins now, here. Makes the folder `artifacts/bench`, where the adapter is remembered. */
export async function benchHead(): Promise<Head> {
  quietenMesa();
  const directory = join(root, "artifacts", "bench");
  await Deno.mkdir(directory, { recursive: true });
  const { cpu, cores, os, arch, kernel, deno, adapter } = await environment({
    file: join(directory, "machine.json"),
    root,
    packages: {},
    onNotice: () => {},
  });
  const date = new Date().toISOString().slice(0, 10);
  return { date, kernel, machine: { cpu, cores, os, arch, deno, adapter } };
}

export const readBench = (): BenchResults =>
  readJson(benchFile, BenchResults, {
    limit: 4 << 20,
    hint: "`deno task bench --write` makes it.",
  });

/** Puts the measured benchmarks together, in the schema's form, with earlier ones of the same machine. */
export function composed(
  { date, kernel, machine }: Head,
  measured: ReadonlyMap<BenchmarkName, Measured>,
  earlier?: BenchResults,
): BenchResults {
  const kept = earlier !== undefined && isDeepStrictEqual(earlier.machine, machine)
    ? earlier
    : { versions: {}, benchmarks: {} };
  return BenchResults.parse({
    machine,
    versions: Object.assign(
      { ...kept.versions },
      ...[...measured.values()].map(({ versions }) => versions),
    ),
    benchmarks: {
      ...kept.benchmarks,
      ...Object.fromEntries(
        [...measured].map(([name, { benchmark }]) => [name, { ...benchmark, date, kernel }]),
      ),
    },
  });
}
