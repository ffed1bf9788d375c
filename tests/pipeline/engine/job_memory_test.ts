/** Tests that the arrays of jobs that have ended take no memory. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { release } from "../../../pipeline/formats/release.ts";
import { root } from "../../support/checkout.ts";
import { keepCaches, lendCaches } from "../../support/kept_caches.ts";
import { deno } from "../../support/deno_command.ts";
import { workspace } from "../../support/workspace.ts";
import { size } from "../../fixtures/large/large_stages.ts";

const program = join(root, "tests", "fixtures", "large", "cli.ts");

/** Memory that a run up to a job held at most, in bytes. */
async function peakUpTo(job: string): Promise<number> {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const isNew = await lendCaches(artifacts, "large");
  // All permissions: with fewer Deno does not let a process read what the kernel knows of it.
  const { code, out, err } = await deno([
    ...["run", "--frozen", "-q", "--no-prompt", "-A", program, artifacts],
    ...["reproduce", "--only", job, "--workers", "1"],
  ]);
  assertEquals(code, 0, out + err);
  if (isNew) await keepCaches(artifacts, "large");
  return Number(/peak (\d+)\n$/.exec(out)![1]);
}

Deno.test("a run of seven jobs with large arrays needs hardly more memory than one of two", async () => {
  // Jobs of a stage each, and jobs of one stage, which could have a worker in common.
  for (const [second, seventh] of [["step-0", "step-5"], ["again/0", "again/5"]]) {
    const [two, seven] = [await peakUpTo(second), await peakUpTo(seventh)];
    assert(two > 2 * size, `${two} bytes`);
    assert(seven < two + 2.5 * size, `${second}: ${two} and ${seven} bytes`);
  }
});

Deno.test("of what is released large arrays are gone, once for all their views, and small ones stay", () => {
  const large = new Uint8Array(2 << 20);
  const small = new Uint8Array(8);
  release([large, large.subarray(4), small]);
  assertEquals([large.length, small.length], [0, 8]);
  release([large]);
});
