/**
 * Measures `deno task reproduce` when the assignment is up to date, and Deno's start for an empty file. Reproduces the assignment first if it is not up to date.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, timed } from "./timing.ts";

const repeats = 15;
const directory = join(fileURLToPath(new URL("../..", import.meta.url)), "artifacts", "bench");

export async function benchUpToDate(): Promise<Record<string, unknown>[]> {
  await Deno.mkdir(directory, { recursive: true });
  const empty = join(directory, "empty.js");
  await Deno.writeTextFile(empty, "");
  const commands: Record<string, string[]> = {
    "deno task reproduce": ["deno", "task", "reproduce"],
    "deno run empty.js": ["deno", "run", empty],
  };
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
  await timed(commands["deno task reproduce"]);
  for (let i = 0; i < repeats; i++) {
    for (const [name, command] of Object.entries(commands)) {
      times.get(name)!.push(await timed(command));
    }
  }
  await Deno.remove(empty);
  return [...times].map(([command, all]) => ({ command, ms: Math.round(median(all)) }));
}
