/**
 * Measures the speed of hashing a stored file, as `verify` does it, beside `sha256sum` and OpenSSL if they
 * are installed. All hash one file in the page cache, alternating.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashFile } from "../../pipeline/store/sha256.ts";
import { median, timed } from "./timing.ts";

const directory = join(fileURLToPath(new URL("../..", import.meta.url)), "artifacts", "bench");
/** 256 MiB. */
const size = 1 << 28;
const repeats = 5;

async function installed(command: string): Promise<boolean> {
  try {
    await new Deno.Command(command, { args: ["version"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false;
  }
}

export async function benchHashing(): Promise<Record<string, unknown>[]> {
  await Deno.mkdir(directory, { recursive: true });
  const file = await Deno.makeTempFile({ dir: directory });
  try {
    const block = crypto.getRandomValues(new Uint8Array(1 << 16));
    {
      using out = await Deno.open(file, { write: true });
      for (let at = 0; at < size; at += block.length) await out.write(block);
    }
    const tools: [string, () => Promise<number>][] = [["fanin", () => {
      const start = performance.now();
      hashFile(file);
      return Promise.resolve(performance.now() - start);
    }]];
    if (await installed("sha256sum")) tools.push(["sha256sum", () => timed(["sha256sum", file])]);
    if (await installed("openssl")) {
      tools.push(["openssl", () => timed(["openssl", "dgst", "-sha256", file])]);
    }
    const times = new Map<string, number[]>(tools.map(([name]) => [name, []]));
    // Once untimed, so that the file is in the page cache.
    for (const [, hash] of tools) await hash();
    for (let i = 0; i < repeats; i++) {
      for (const [name, hash] of tools) times.get(name)!.push(await hash());
    }
    const ours = median(times.get("fanin")!);
    return [...times].map(([name, all]) => ({
      tool: name,
      "MB/s": Math.round(size / 1000 / median(all)),
      "times fanin's time": +(median(all) / ours).toFixed(2),
    }));
  } finally {
    await Deno.remove(file);
  }
}
