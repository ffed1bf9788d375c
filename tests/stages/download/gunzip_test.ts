/** Tests that a gzip file is inflated whole, or refused with its place. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { gunzip } from "../../../stages/download/gunzip.ts";
import { SourceError } from "../../../stages/download/source.ts";
import { compressed, fails, file, gzip } from "../../support/gzipped_file.ts";

const inflate = (...given: Parameters<typeof gunzip>) =>
  new Promise<Uint8Array>((resolve) => resolve(gunzip(...given)));

Deno.test("an empty file is none", async () => {
  await fails("unusable", "found an empty file", () => inflate(new Uint8Array(), 10));
});

Deno.test("one byte too many is too many", async () => {
  await fails(
    "unusable",
    "more than the expected 39999 bytes",
    () => inflate(compressed, file.length - 1),
  );
});

Deno.test("a gzip file without its checksum is called truncated", async () => {
  for (let missing = 1; missing <= 8; missing++) {
    const cut = compressed.slice(0, -missing);
    await fails("unusable", "the gzip file is truncated", () => inflate(cut, file.length));
  }
});

Deno.test("several members are one file, and zeros after the last are none of it", async () => {
  const members = await Promise.all(
    [file.subarray(0, 100), file.subarray(100, 100), file.subarray(100)].map((part) =>
      gzip(part.slice())
    ),
  );
  const joined = Uint8Array.from(members.flatMap((member) => [...member]));
  for (const zeros of [0, 1, 7, 512, 10_000]) {
    const padded = new Uint8Array([...joined, ...new Uint8Array(zeros)]);
    assertEquals(await inflate(padded, file.length), file);
    assertEquals(await inflate(padded.slice(), file.length + 5), file);
    await fails("unusable", "more than the expected 39999", () => inflate(padded, 39_999));
  }
});

Deno.test("a header may have a name, a comment, extra bytes and a checksum", async () => {
  const flags = 2 | 4 | 8 | 16;
  const added = [3, 0, 1, 2, 3, ...new TextEncoder().encode("name\0a comment\0"), 0, 0];
  const header = [...compressed.subarray(0, 3), flags, ...compressed.subarray(4, 10)];
  const whole = new Uint8Array([...header, ...added, ...compressed.subarray(10)]);
  assertEquals(await inflate(whole, file.length), file);
});

Deno.test("other bytes after a gzip file's end are refused with their place", async () => {
  const end = compressed.length;
  const cases: [added: number[], found: string][] = [
    [[1], `found 01 at byte ${end}`],
    [[0, 0, 0x1f, 0x8b], `found 1f at byte ${end + 2}`],
    [[0x1f], `found 1f at byte ${end}`],
  ];
  for (const [added, found] of cases) {
    const longer = new Uint8Array([...compressed, ...added]);
    await fails("unusable", found, () => inflate(longer, file.length));
  }
  const halfMember = new Uint8Array([...compressed, 0x1f, 0x8b]);
  await fails("unusable", "the gzip file is damaged", () => inflate(halfMember, file.length));
});

Deno.test("a changed bit in a gzip file changes nothing or is an error", () => {
  // Some bits carry no content, as the header's time stamp.
  let errors = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: compressed.length - 1 }),
      fc.integer({ min: 0, max: 7 }),
      (at, bit) => {
        const changed = compressed.slice();
        changed[at] ^= 1 << bit;
        try {
          assertEquals(gunzip(changed, file.length), file);
        } catch (error) {
          assert(error instanceof SourceError, String(error));
          errors++;
        }
      },
    ),
    { numRuns: 50 },
  );
  assert(errors > 0);
});
