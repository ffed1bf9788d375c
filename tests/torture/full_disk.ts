/**
 * Disks that fill up in the midst of a run: a small tmpfs in a mount namespace of its own, filled but
 * for a random rest; and a limit on the size of files, which needs no mounting. The run must say what to
 * do, leave nothing broken, and after the repair end with the undisturbed hashes.
 */
import { join } from "node:path";
import {
  empty,
  faultsIn,
  newPlace,
  type Place,
  type Reference,
  run,
  wrongOutputs,
} from "./place.ts";
import { storeVariable } from "../../pipeline/store/store_place.ts";
import { root } from "../support/checkout.ts";
import { fromRoot } from "../support/deno_command.ts";
import { quoted } from "../support/shell.ts";
import { countFault, newTally, type Random, randomFrom, type Tally } from "./tally.ts";

/** Bytes that a run of the torture needs at most. */
const needed = 1_200_000;

/** The run must end well, with the undisturbed hashes and nothing broken; gives what it said. */
export async function endsWell(
  place: Place,
  { outputs }: Reference,
  tally: Tally,
  what: string,
): Promise<string> {
  const ended = await run(place, ["reproduce"]);
  if (ended.code !== 0) {
    tally.failed.push(`${what}:\n${ended.err}`);
    return ended.err;
  }
  tally.compared++;
  tally.wrong.push(...wrongOutputs(place, outputs));
  tally.broken.push(...faultsIn(place).map((fault) => `${what}, ${fault}`));
  return ended.err;
}

/** A run that may be refused by `before` or `refuse`, then one after `repair`. */
async function refusedRound(
  place: Place,
  reference: Reference,
  tally: Tally,
  { kind, advice, before, refuse = () => {}, repair = () => {} }: {
    kind: string;
    /** Message that a refused run must print. */
    advice: RegExp;
    before?: string;
    refuse?: () => void;
    repair?: () => void;
  },
): Promise<void> {
  empty(place, reference.template);
  refuse();
  const refused = await run(place, ["reproduce"], before);
  if (refused.code !== 0) {
    countFault(tally, kind);
    if (refused.code !== 2 || !advice.test(refused.err)) {
      tally.failed.push(`${kind}: expected exit code 2 and what to do, found:\n${refused.err}`);
    }
  }
  tally.broken.push(...faultsIn(place).map((fault) => `${kind}, ${fault}`));
  repair();
  await endsWell(place, reference, tally, `${kind}, after the repair`);
}

/** Fills the disk on which `place` lies for as long as there is time. */
async function fillDisk(place: Place, reference: Reference, random: Random, until: number) {
  const tally = newTally();
  const ballast = join(place.artifacts, "..", "ballast");
  while (performance.now() < until) {
    await refusedRound(place, reference, tally, {
      kind: "disk full",
      advice: /No space left on device.*\s+Free some space/s,
      refuse() {
        const rest = random.below(needed);
        using file = Deno.openSync(ballast, { write: true, create: true });
        const block = new Uint8Array(4096);
        try {
          for (;;) file.writeSync(block);
        } catch { /* Full. */ }
        file.truncateSync(Math.max(0, file.statSync().size - rest));
      },
      repair: () => Deno.removeSync(ballast),
    });
  }
  return tally;
}

/** Limits the size of files for as long as there is time. */
export async function limitFiles(
  at: string,
  reference: Reference,
  { random, until }: { random: Random; until: number },
): Promise<Tally> {
  const tally = newTally();
  using place = newPlace(at, reference.template);
  while (performance.now() < until) {
    // In blocks of 512 bytes. The signal that comes with it is ignored, so that writing fails.
    await refusedRound(place, reference, tally, {
      kind: "write refused half-way (limit on the size of files)",
      advice: /File too large.*\s+Lift the limit/s,
      before: `trap '' XFSZ; ulimit -f ${32 + random.below(512)}`,
    });
  }
  return tally;
}

/** Runs a script of this directory where `mounts` have been made; undefined where mounting fails. */
export async function whereMounted(
  mounts: string,
  script: string,
  directory: string,
  args: unknown[],
): Promise<Tally | { notRun: string }> {
  const command = [
    "deno",
    "run",
    "--frozen",
    "--no-prompt",
    "--allow-read=.,/proc",
    `--allow-write=${fromRoot(directory)}`,
    "--allow-env",
    "--allow-sys",
    "--allow-run=deno,sh,mount",
    join(root, "tests", "torture", script),
    directory,
    ...args.map((arg) => JSON.stringify(arg)),
  ];
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("unshare", {
      args: ["-rm", "sh", "-c", `${mounts} && exec "$@"`, "sh", ...command],
      cwd: root,
      env: { [storeVariable]: "" },
      stdin: "null",
    }).output();
  } catch (error) {
    return { notRun: (error as Error).message };
  }
  const text = new TextDecoder();
  if (output.success) return JSON.parse(text.decode(output.stdout));
  return { notRun: text.decode(output.stderr).trim().split("\n")[0] };
}

export async function fullDisk(
  at: string,
  reference: Reference,
  { seed, seconds }: { seed: number; seconds: number },
): Promise<Tally> {
  const directory = Deno.makeTempDirSync({ dir: at });
  const mounted = `mount -t tmpfs -o size=2m fanin ${quoted(directory)}`;
  const ran = await whereMounted(mounted, "full_disk.ts", directory, [reference, seed, seconds]);
  if ("faults" in ran) return ran;
  return { ...newTally(), notRun: [`disk full: a tmpfs could not be mounted (${ran.notRun})`] };
}

if (import.meta.main) {
  const [directory, reference, seed, seconds] = Deno.args;
  const place = newPlace(directory);
  const until = performance.now() + 1000 * JSON.parse(seconds);
  const random = randomFrom(JSON.parse(seed));
  console.log(JSON.stringify(await fillDisk(place, JSON.parse(reference), random, until)));
}
