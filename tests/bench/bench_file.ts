/** Composes the results of a run of benchmarks, and their committed file. */
import { join } from "node:path";
import { environment, quietenMesa } from "../../pipeline/engine/machine/machine.ts";
import { type BenchmarkName, BenchResults } from "../../schemas/assignment/bench_results.ts";
import { root } from "../support/checkout.ts";
import type { Measured } from "./turns.ts";

/** The committed results, from which `deno task docs` makes tables. */
export const benchFile = join(root, "artifacts", "reference", "bench.json");

/** The machine that this runs on. Makes the folder `artifacts/bench`, where the adapter is remembered. */
export async function benchMachine(): Promise<BenchResults["machine"]> {
  quietenMesa();
  const directory = join(root, "artifacts", "bench");
  await Deno.mkdir(directory, { recursive: true });
  const { cpu, cores, os, arch, kernel, deno, adapter } = await environment({
    file: join(directory, "machine.json"),
    root,
    packages: {},
    onNotice: () => {},
  });
  return { cpu, cores, os, arch, kernel, deno, adapter };
}

/** Puts the measured benchmarks together, in the schema's form. */
export const composed = (
  head: Pick<BenchResults, "command" | "date" | "machine">,
  measured: ReadonlyMap<BenchmarkName, Measured>,
): BenchResults =>
  BenchResults.parse({
    ...head,
    versions: Object.assign({}, ...[...measured.values()].map(({ versions }) => versions)),
    benchmarks: Object.fromEntries(
      [...measured].map(([name, { benchmark }]) => [name, benchmark]),
    ),
  });
