/**
 * File systems that refuse or differ: artifacts that can only be read, and a store on another file
 * system than the runs, where no hard link can be made. Needs mounting, in a namespace of its own.
 */
import { join } from "node:path";
import { endsWell, whereMounted } from "./full_disk.ts";
import { empty, newPlace, type Place, type Reference, run } from "./place.ts";
import { countFault, newTally, type Tally } from "./tally.ts";
import { quoted } from "../support/shell.ts";

async function mount(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("mount", { args, stdin: "null" }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function readOnly(place: Place, reference: Reference, tally: Tally, disk: string) {
  countFault(tally, "artifacts can only be read");
  await mount("-o", "remount,ro", disk);
  const refused = await run(place, ["reproduce"]);
  if (refused.code !== 2 || !/Read-only file system.*\s+Make the file/s.test(refused.err)) {
    tally.failed.push(`expected exit code 2 and what to do, found:\n${refused.err}`);
  }
  await mount("-o", "remount,rw", disk);
  await endsWell(place, reference, tally, "writable again");
  await mount("-o", "remount,ro", disk);
  const { code, err } = await run(place, ["reproduce"]);
  if (code !== 0) tally.failed.push(`nothing to do, on a disk that can only be read:\n${err}`);
  await mount("-o", "remount,rw", disk);
}

async function storeElsewhere(place: Place, reference: Reference, tally: Tally) {
  countFault(tally, "store on another file system");
  empty(place);
  const store = join(place.artifacts, "store");
  await mount("-t", "tmpfs", "fanin", store);
  const err = await endsWell(place, reference, tally, "store on another file system");
  if (!err.includes("are copies, not hard links")) {
    tally.failed.push(`expected a notice that outputs are copies, found:\n${err}`);
  }
  await endsWell(place, reference, tally, "store on another file system, again");
}

export async function fileSystems(at: string, reference: Reference): Promise<Tally> {
  const directory = Deno.makeTempDirSync({ dir: at });
  const mounts = `mount -t tmpfs fanin ${quoted(directory)}`;
  const ran = await whereMounted(mounts, "file_systems.ts", directory, [reference]);
  if ("faults" in ran) return ran;
  const notRun = `read-only and other file systems: could not be mounted (${ran.notRun})`;
  return { ...newTally(), notRun: [notRun] };
}

if (import.meta.main) {
  const [directory, given] = Deno.args;
  const reference: Reference = JSON.parse(given);
  const tally = newTally();
  const place = newPlace(directory, reference.template);
  await readOnly(place, reference, tally, directory);
  await storeElsewhere(place, reference, tally);
  console.log(JSON.stringify(tally));
}
