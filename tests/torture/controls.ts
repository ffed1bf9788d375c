/**
 * Controls: stores that are broken on purpose, which the torture must catch. The commands run as they
 * are but for one module, whose place an import map gives to one of `broken/`; nothing of the pipeline
 * knows of it. A control that is not caught means that the numbers of the torture prove nothing.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { flipOne } from "./damage.ts";
import { torment } from "./kills.ts";
import { argumentsOf, type Reference } from "./place.ts";
import { root } from "../support/checkout.ts";
import { countFault, newTally, type Random, type Tally } from "./tally.ts";

/** A module of the pipeline that a broken one takes the place of. */
const replaced = {
  "in_place.ts": "store/atomic_write.ts",
  "file_not_synced.ts": "store/atomic_write.ts",
  "directory_not_synced.ts": "store/atomic_write.ts",
  "entry_first.ts": "store/store.ts",
  "unchecked_reader.ts": "store/store.ts",
} as const;
type Broken = keyof typeof replaced;

/** Writes the import map with which a broken module runs; gives its path. */
export function brokenMap(at: string, broken: Broken): string {
  const url = (...path: string[]) => pathToFileURL(join(root, ...path)).href;
  const { imports }: { imports: Record<string, string> } = JSON.parse(
    Deno.readTextFileSync(join(root, "deno.json")),
  );
  // deno.json leaves this out: a package's files are found below its name too.
  const own = Object.entries(imports).flatMap(([name, target]) =>
    target.startsWith("npm:")
      ? [[name, target], [`${name}/`, `npm:/${target.slice("npm:".length)}/`]]
      : [[name, target.startsWith("./") ? url(target) : target]]
  );
  const real = url("pipeline", replaced[broken]);
  const map = join(at, `${broken}.json`);
  const content = {
    imports: { ...Object.fromEntries(own), [real]: url("tests", "torture", "broken", broken) },
    // The broken one itself may build on what it replaces.
    scopes: { [url("tests", "torture", "broken") + "/"]: { [real]: real } },
  };
  Deno.writeTextFileSync(map, JSON.stringify(content));
  return map;
}

/**
 * Runs `power_loss.ts` with a map or without. A crash of the runtime itself says nothing of the store: it
 * is reported, counted as a fault of its own, and what it cut off is tried once more.
 */
export async function powerLoss(
  at: string,
  options: { seed: number; seconds: number; map?: string },
): Promise<Tally> {
  const first = await tryPowerLoss(at, options);
  if (!("crashed" in first)) return first;
  console.error(`Deno itself crashed (${first.crashed}); the power failures are tried once more.`);
  const second = await tryPowerLoss(at, options);
  if (!("crashed" in second)) {
    countFault(second, "the runtime crashed by itself");
    return second;
  }
  return { ...newTally(), failed: [`the power failures broke off twice: ${second.crashed}`] };
}

async function tryPowerLoss(
  at: string,
  { seed, seconds, map }: { seed: number; seconds: number; map?: string },
): Promise<Tally | { crashed: string }> {
  const directory = Deno.makeTempDirSync({ dir: at });
  const { success, signal, stdout, stderr } = await new Deno.Command("deno", {
    args: argumentsOf(
      { artifacts: directory, map },
      join(root, "tests", "torture", "power_loss.ts"),
      [String(seed), String(seconds)],
    ),
    cwd: root,
    stdin: "null",
  }).output();
  Deno.removeSync(directory, { recursive: true });
  const text = new TextDecoder();
  if (success) return JSON.parse(text.decode(stdout));
  if (signal === "SIGSEGV" || signal === "SIGBUS") return { crashed: signal };
  return { ...newTally(), failed: [`the power failures broke off:\n${text.decode(stderr)}`] };
}

export interface Control {
  name: string;
  /** The check that detected it; undefined if none did. */
  caughtBy: string | undefined;
  /** Faults that were made until then. */
  faults: number;
}

/** Seconds in which a control must be caught. */
const patience = 120;

/** Every control, each until it is caught or the patience for it is at an end. */
export async function controls(
  at: string,
  reference: Reference,
  { random, width }: { random: Random; width: number },
): Promise<Control[]> {
  const results: Control[] = [];
  const caught = ({ broken, wrong }: Tally) => wrong[0] ? `wrong bytes of ${wrong[0]}` : broken[0];
  const note = (name: string, tally: Tally) => {
    const faults = Object.values(tally.faults).reduce((sum, n) => sum + n, 0);
    results.push({ name, caughtBy: caught(tally)?.split("\n")[0].replace(/: \/.*/, ""), faults });
  };
  const options = (broken: Broken, enough: (tally: Tally) => boolean) => ({
    random,
    width,
    map: brokenMap(at, broken),
    until: performance.now() + patience * 1000,
    enough,
  });
  const isBroken = ({ broken }: Tally) => broken.length > 0;
  const powerOff = (broken: Broken) =>
    powerLoss(at, { seed: 1, seconds: 0, map: brokenMap(at, broken) });

  note(
    "kill -9: files written in place",
    await torment(at, reference, options("in_place.ts", isBroken)),
  );
  note(
    "kill -9: entry before its blobs",
    await torment(at, reference, options("entry_first.ts", isBroken)),
  );
  const unchecked = { random, map: brokenMap(at, "unchecked_reader.ts") };
  note("damage: bytes not checked when read", await flipOne(at, reference, unchecked));
  note("power failure: files written in place", await powerOff("in_place.ts"));
  note("power failure: files not synced", await powerOff("file_not_synced.ts"));
  note("power failure: directories not synced", await powerOff("directory_not_synced.ts"));
  note("power failure: entry before its blobs", await powerOff("entry_first.ts"));
  return results;
}
