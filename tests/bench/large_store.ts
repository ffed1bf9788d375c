/**
 * Measures `verify` and `gc` on a store of 100,000 small blobs and 50,000 entries, beside `sha256sum` of the same
 * blobs. All read from the page cache, in turns. `gc` says what it would remove, which is all of it.
 */
import { join } from "node:path";
import { openStore } from "../../pipeline/store/store.ts";
import { root } from "../support/checkout.ts";
import { putMany } from "../support/many_blobs.ts";
import { timed, versionOf } from "./timing.ts";
import { type Contestant, type Measured, measuredRows, missing, type Values } from "./turns.ts";
import { measured } from "./whole_run.ts";

const size = 100_000;
const ours = ["verify", "gc"];

const withEach = ({ seconds, ...values }: Values): Values => ({
  seconds,
  microsecondsAFile: 1e6 * seconds! / size,
  ...values,
});

export async function benchLargeStore(rounds = 5): Promise<Measured> {
  const sha256sum = await versionOf("sha256sum");
  const bench = join(root, "artifacts", "bench");
  await Deno.mkdir(bench, { recursive: true });
  const directory = await Deno.makeTempDir({ dir: bench });
  try {
    const artifacts = join(directory, "artifacts");
    const store = join(artifacts, "store");
    putMany(openStore(store), size, size / 2);
    const hash = `find "$0" -type f -print0 | xargs -0 sha256sum`;
    const contestants: Contestant[] = ours.map((name) => ({
      name,
      threads: 1,
      turn: async () => withEach(await measured(artifacts, [name])),
    }));
    if (sha256sum !== null) {
      const command = ["sh", "-c", hash, join(store, "blobs")];
      const turn = async () => withEach({ seconds: await timed(command) / 1000 });
      contestants.push({ name: "sha256sum", threads: 1, turn });
    }
    // Once untimed, so that the files are in the page cache.
    for (const { turn } of contestants) await turn();
    const compared = { ratioOf: "seconds" as const, ours, size };
    const rows = await measuredRows(contestants, rounds, "large-store", compared);
    const absent = sha256sum === null ? [missing("sha256sum", "not installed", size)] : [];
    return {
      benchmark: { rounds, ratioOf: "seconds", ours, rows: [...rows, ...absent] },
      versions: { sha256sum },
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
