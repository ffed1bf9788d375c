/** Tests that memory is bounded: large blobs are hashed and copied in pieces. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { hashFile } from "../../../pipeline/store/sha256.ts";
import {
  actionsIn,
  blobPath,
  openStore,
  putBlob,
  writeAction,
} from "../../../pipeline/store/store.ts";
import { deno, fromRoot, root, type Workspace, workspace } from "../../support/workspace.ts";

const MiB = 1 << 20;

/** Bytes that a command holds at most on the artifacts of a workspace. */
async function peakOf(
  { path }: Workspace,
  ...args: string[]
): Promise<{ peak: number; err: string }> {
  const { code, out, err } = await deno([
    "run",
    "--frozen",
    "--no-prompt",
    "--allow-read=.,/proc",
    `--allow-write=${fromRoot(path)}`,
    "--allow-env",
    "--allow-sys",
    join(root, "tests", "fixtures", "counting", "peak.ts"),
    join(path, "artifacts"),
    ...args,
  ]);
  assertEquals(code, 0, out + err);
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

Deno.test("verify and gc say how far they have come", async () => {
  await using place = await workspace();
  putZeros(place, 1000);
  assertMatch((await peakOf(place, "verify")).err, /start +verify: hashing 1012 B/);
  assertMatch((await peakOf(place, "gc", "--yes")).err, /start +gc: removing \d files/);
});
