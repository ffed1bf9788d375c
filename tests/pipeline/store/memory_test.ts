/** Tests that memory is bounded: large blobs are hashed, copied and compared in pieces. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { encodeNpy } from "../../../pipeline/formats/npy.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { hashFile } from "../../../pipeline/store/sha256.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  openStore,
  putBlob,
  type Store,
  writeAction,
} from "../../../pipeline/store/store.ts";
import { madeUpRun, place } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { root } from "../../support/checkout.ts";
import { putMany } from "../../support/many_blobs.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";
import { deno, fromRoot } from "../../support/deno_command.ts";

const MiB = 1 << 20;

/** Bytes that a command holds at most on the artifacts of a workspace. */
const peakOf = (place: Workspace, ...args: string[]) => measured(place, args, []);

/** Bytes that a command holds at most which are no garbage. */
const liveOf = async (place: Workspace, ...args: string[]): Promise<number> =>
  (await measured(place, args, ["--v8-flags=--expose-gc"])).peak;

async function measured(
  { path }: Workspace,
  args: string[],
  flags: string[],
): Promise<{ peak: number; err: string }> {
  const { code, out, err } = await deno([
    "run",
    "--frozen",
    "--no-prompt",
    ...flags,
    "--allow-read=.,/proc",
    `--allow-write=${fromRoot(path)}`,
    "--allow-env",
    "--allow-sys",
    join(root, "tests", "fixtures", "counting", "peak.ts"),
    join(path, "artifacts"),
    ...args,
  ]);
  assertEquals(code, args[0] === "diff" ? 1 : 0, out + err);
  return { peak: Number(/peak (\d+)\n$/.exec(out)![1]), err };
}

/** Stores a file of zeros, most of which takes no space on the disk. */
function putZeros({ path }: Workspace, size: number): string {
  const store = openStore(join(path, "artifacts", "store"));
  const file = join(path, "zeros");
  Deno.writeFileSync(file, new Uint8Array());
  Deno.truncateSync(file, size);
  const sha256 = hashFile(file);
  Deno.mkdirSync(join(blobPath(store, sha256), ".."), { recursive: true });
  Deno.renameSync(file, blobPath(store, sha256));
  const key = putBlob(store, new TextEncoder().encode("stage zeros\n")).sha256;
  const outputs = { zeros: { sha256, size } };
  const finished = new Date().toISOString();
  writeAction(store, { version: 1, key, stage: "zeros", outputs, finished, seconds: 0 });
  return sha256;
}

Deno.test("verify and gc use no more memory for a blob of 512 MiB than for a small one", async () => {
  await using small = await workspace();
  await using large = await workspace();
  putZeros(small, 1000);
  putZeros(large, 512 * MiB);
  for (const args of [["verify"], ["gc", "--yes"]]) {
    const [one, other] = [await peakOf(small, ...args), await peakOf(large, ...args)];
    assert(other.peak - one.peak < 64 * MiB, `${args}: ${one.peak} and ${other.peak} bytes`);
  }
  assertEquals([...actionsIn(openStore(join(large.path, "artifacts", "store")))], []);
});

const storeIn = ({ path }: Workspace): Store => openStore(join(path, "artifacts", "store"));

Deno.test("verify and gc hold at most 400 bytes for each blob and its entry", async () => {
  await using few = await workspace();
  await using many = await workspace();
  const [small, large] = [1000, 10_000];
  putMany(storeIn(few), small);
  putMany(storeIn(many), large);
  for (const args of [["verify"], ["gc"], ["gc", "--yes"]]) {
    const [one, other] = [await liveOf(few, ...args), await liveOf(many, ...args)];
    assert(other - one < 400 * (large - small), `${args}: ${one} and ${other} bytes`);
  }
  assertEquals([...blobsIn(storeIn(many))], []);
});

Deno.test("verify and gc say how far they have come", async () => {
  await using place = await workspace();
  putZeros(place, 1000);
  assertMatch((await peakOf(place, "verify")).err, /start +verify: hashing 1012 B/);
  assertMatch((await peakOf(place, "gc", "--yes")).err, /start +gc: removing \d files/);
});

/** A run with one array of so many float64 zeros, of which the last is `last`. */
function placeArray({ path }: Workspace, id: string, length: number, last: number): void {
  const head = encodeNpy({ dtype: "float64", shape: [1], data: Float64Array.of(0) }).slice(0, -8);
  const shape = new TextDecoder("latin1").decode(head).replace("(1,), }", `(${length},), }`);
  // The header keeps its length: spaces at its end make room.
  const [text, spaces] = [shape.trimEnd(), head.length - shape.trimEnd().length - 1];
  const header = Uint8Array.from(`${text}${" ".repeat(spaces)}\n`, (sign) => sign.charCodeAt(0));
  const run = madeUpRun([{ name: "draw/x", stage: "draw", outputs: { "x.npy": header } }], id);
  const file = join(path, "artifacts", "runs", id, "draw/x/x.npy");
  place(join(path, "artifacts"), run);
  Deno.truncateSync(file, header.length + 8 * length);
  using opened = Deno.openSync(file, { write: true });
  opened.seekSync(-8, Deno.SeekMode.End);
  opened.writeSync(new Uint8Array(Float64Array.of(last).buffer));
  const [job] = run.manifest.jobs;
  Object.assign(job.outputs["x.npy"], {
    mediaType: "application/x-npy",
    sha256: hashFile(file),
    size: header.length + 8 * length,
  });
  run.files.set("manifest.json", utf8(canonicalJson(run.manifest)));
  run.files.delete("draw/x/x.npy");
  place(join(path, "artifacts"), run);
}

Deno.test("diff holds no more for two arrays of 192 MiB than for two small ones", async () => {
  await using here = await workspace();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => `20260102T030405Z-${name}`);
  placeArray(here, a, 1000, 0);
  placeArray(here, b, 1000, 1);
  placeArray(here, c, 24 * MiB, 0);
  placeArray(here, d, 24 * MiB, 1);
  const small = await peakOf(here, "diff", a, b);
  const large = await peakOf(here, "diff", c, d);
  assert(large.peak - small.peak < 64 * MiB, `${small.peak} and ${large.peak} bytes`);
  assert(large.peak < 300 * MiB, `${large.peak} bytes`);
});
