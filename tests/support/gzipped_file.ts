/** A file and its gzip, of which the tests of downloads make good and bad ones. */
import { assertEquals, assertRejects } from "@std/assert";
import { SourceError } from "../../stages/download/source.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export async function gzip(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Bytes that do not compress (xorshift32), so that a position in one file is one in the other. */
export const file: Bytes = new Uint8Array(40_000);
for (let i = 0, state = 1; i < file.length; i++) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  file[i] = state;
}
export const compressed = await gzip(file);

export async function fails(
  kind: SourceError["kind"],
  includes: string,
  attempt: () => Promise<unknown>,
): Promise<void> {
  const error = await assertRejects(attempt, SourceError, includes);
  assertEquals(error.kind, kind, error.message);
}
