/**
 * Measures `deno task reproduce` when the assignment is up to date, and Deno's start for an empty file, its
 * limit. Reproduces the assignment first if it is not up to date.
 */
import { join } from "node:path";
import { root } from "../support/checkout.ts";
import { type Contestant, type Measured, rowsOf, takeTurns } from "./turns.ts";
import { timed } from "./timing.ts";

const directory = join(root, "artifacts", "bench");
const OURS = "deno task reproduce";

export async function benchUpToDate(rounds = 15): Promise<Measured> {
  await Deno.mkdir(directory, { recursive: true });
  const empty = join(directory, "empty.js");
  await Deno.writeTextFile(empty, "");
  const commands: Record<string, string[]> = {
    [OURS]: ["deno", "task", "reproduce"],
    "deno run empty.js": ["deno", "run", empty],
  };
  // The second time everything is cached, and so is that the first one found nothing to do.
  for (let i = 0; i < 2; i++) await timed(commands[OURS]);
  const contestants = Object.entries(commands).map(([name, command]): Contestant => ({
    name,
    turn: async () => ({ ms: await timed(command) }),
  }));
  const turns = await takeTurns(contestants, rounds, "up-to-date");
  await Deno.remove(empty);
  const ours = [OURS];
  const rows = rowsOf(contestants, turns, { ratioOf: "ms", ours });
  return { benchmark: { rounds, ratioOf: "ms", ours, rows }, versions: {} };
}
