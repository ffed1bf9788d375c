/**
 * Measures the speed of hashing a stored file, as `verify` does it, beside `sha256sum` and OpenSSL, and of
 * reading it without hashing, which is the limit. All read one file in the page cache, in turns.
 */
import { join } from "node:path";
import { root } from "../support/checkout.ts";
import { hashFile } from "../../pipeline/store/sha256.ts";
import { type Contestant, type Measured, missing, rowsOf, takeTurns } from "./turns.ts";
import { timed, versionOf } from "./timing.ts";

const directory = join(root, "artifacts", "bench");
/** 256 MiB. */
const SIZE = 1 << 28;
const OURS = "ours";
const LIMIT = "reading without hashing";

/** Reads a file in pieces of 1 MiB, as hashing does. */
function readFile(path: string): void {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(1 << 20);
  while (file.readSync(buffer) !== null);
}

const elapsed = (work: () => void): Promise<number> => {
  const start = performance.now();
  work();
  return Promise.resolve(performance.now() - start);
};

export async function benchHashing(rounds = 5): Promise<Measured> {
  const openssl = await versionOf("openssl", "version");
  const sha256sum = await versionOf("sha256sum");
  await Deno.mkdir(directory, { recursive: true });
  const file = await Deno.makeTempFile({ dir: directory });
  try {
    const block = crypto.getRandomValues(new Uint8Array(1 << 16));
    {
      using out = await Deno.open(file, { write: true });
      for (let at = 0; at < SIZE; at += block.length) await out.write(block);
    }
    const reads: [string, () => Promise<number>][] = [
      [OURS, () => elapsed(() => hashFile(file))],
      [LIMIT, () => elapsed(() => readFile(file))],
    ];
    if (openssl !== null) {
      reads.push(["openssl", () => timed(["openssl", "dgst", "-sha256", file])]);
    }
    if (sha256sum !== null) reads.push(["sha256sum", () => timed(["sha256sum", file])]);
    // Once untimed, so that the file is in the page cache.
    for (const [, read] of reads) await read();
    const contestants = reads.map(([name, read]): Contestant => ({
      name,
      threads: 1,
      turn: async () => {
        const ms = await read();
        return { ms, megabytesASecond: SIZE / ms / 1000 };
      },
    }));
    const turns = await takeTurns(contestants, rounds, "hashing");
    const limits = turns.get(LIMIT)!.map(({ megabytesASecond }) => megabytesASecond!);
    for (const values of turns.values()) {
      values.forEach((value, round) =>
        value.shareOfReading = value.megabytesASecond! / limits[round]
      );
    }
    const rows = rowsOf(contestants, turns, { ratioOf: "ms", ours: [OURS] });
    const absent = Object.entries({ openssl, sha256sum })
      .filter(([, version]) => version === null)
      .map(([name]) => missing(name, "not installed"));
    return {
      benchmark: { rounds, ratioOf: "ms", ours: [OURS], rows: [...rows, ...absent] },
      versions: { openssl, sha256sum },
    };
  } finally {
    await Deno.remove(file);
  }
}
