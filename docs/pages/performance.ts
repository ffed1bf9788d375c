/** Makes the tables of docs/performance.md from `artifacts/reference/bench.json`. */
import { escapeMarkdown, markdownTable } from "../../pipeline/terminal/markdown_table.ts";
import { count, listed } from "../../pipeline/terminal/numbers.ts";
import { BenchmarkName, type BenchResults } from "../../schemas/assignment/bench_results.ts";
import { benchTable } from "../../tests/bench/bench_table.ts";

/** Benchmarks with a table in the page. */
const tables = BenchmarkName.options.filter((name) => name !== "scale");

/** Names to the left, numbers to the right. */
const tableOf = (rows: readonly string[][]): string =>
  markdownTable(
    rows.map((row) => row.map(escapeMarkdown)),
    rows[0].map((_, i) => i).slice(1),
  ).join("\n");

function section(name: BenchmarkName, { benchmarks }: BenchResults): string {
  const benchmark = benchmarks[name];
  if (benchmark === undefined) return `Not measured on that machine.`;
  const { rounds, date, kernel } = benchmark;
  return [
    `\`deno task bench ${name}\`, ${count(rounds, "round")}, on ${date} under kernel ${kernel}:`,
    tableOf(benchTable(name, benchmark)),
  ].join("\n\n");
}

/** The machine, the versions of the contestants, and those that are not installed there. */
function machineText({ machine, versions }: BenchResults): string {
  const { cpu, cores, os, arch, deno, adapter } = machine;
  const installed = Object.entries(versions).filter(([, version]) => version !== null)
    .map(([name, version]) =>
      version!.toLowerCase().startsWith(name) ? version! : `${name} ${version}`
    );
  const absent = Object.entries(versions).filter(([, version]) => version === null)
    .map(([name]) => name);
  return [
    `- Machine: ${cpu}, ${count(cores, "core")}, ${os} ${arch}.`,
    `- Adapter: ${adapter ?? "none"}.`,
    `- Contestants: Deno ${deno}${installed.map((one) => `, ${one}`).join("")}.`,
    ...(absent.length > 0 ? [`- Not installed there: ${listed(absent)}.`] : []),
  ].join("\n");
}

/** The texts of the page's marked sections, by their names. */
export function performanceSections(results: BenchResults): Record<string, string> {
  return {
    "bench machine": machineText(results),
    ...Object.fromEntries(tables.map((name) => [`bench ${name}`, section(name, results)])),
  };
}
