/** Times whole commands, takes medians and prints tables of results for the benchmarks. */
import { textTable } from "../../pipeline/terminal/text_table.ts";

/** Wall time in milliseconds of a command, started as a shell would; fails if it fails. */
export async function timed([program, ...args]: string[]): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const elapsed = performance.now() - start;
  if (success) return elapsed;
  throw new Error(`${program} ${args.join(" ")}\n${new TextDecoder().decode(stderr)}`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Rows of figures under the names of all their columns; what a row has not is left empty. */
export function table(rows: readonly Record<string, unknown>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return textTable(
    [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))],
    columns.map((_, i) => i),
  ).join("\n");
}
