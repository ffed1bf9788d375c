/** Tests which workers of stages are kept for another job, and when one ends. */
import { assertEquals } from "@std/assert";
import { bundleName, writeBundle } from "../../../pipeline/engine/code/bundle_store.ts";
import {
  type FromSandbox,
  sandboxes,
  type ToSandbox,
} from "../../../pipeline/engine/sandbox/sandbox.ts";
import { servicesInMemory } from "../../../pipeline/engine/sandbox/run_stage.ts";
import type { StageCode } from "../../../pipeline/engine/sandbox/stage_code.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { workspace } from "../../support/workspace.ts";

/** A job: its stage, its inputs in bytes, and the adapter on which it computes. */
type Job = readonly [stage: string, bytes: number, adapter?: string];

/** The stage that has one job; the others have several. */
const single = "single";

/** Runs jobs in turn; gives the starts and ends of the workers. */
async function workersOf(jobs: readonly Job[]): Promise<string[]> {
  await using place = await workspace();
  const seen: string[] = [];
  const text = "export {};";
  writeBundle(place.path, sha256Of(text), { text, beside: [] });
  const runner = sandboxes(
    { store: place.path, root: place.path, scratch: place.path },
    (bundle, { name }) => {
      assertEquals(bundle.endsWith(bundleName), true);
      seen.push(`starts ${name}`);
      const { port1, port2 } = new MessageChannel();
      port2.onmessage = ({ data }: MessageEvent<Extract<ToSandbox, { type: "run" }>>) => {
        const { id: call, mayBeKept: isClean } = data;
        port2.postMessage({ type: "done", call, outputs: {}, isClean } satisfies FromSandbox);
      };
      const end = () => {
        seen.push(`ends ${name}`);
        port2.close();
        port1.close();
      };
      return { port: port1, end };
    },
  );
  const listener = { progress() {}, measured() {}, notice() {}, log() {} };
  for (const [name, bytes, adapter] of jobs) {
    const isShared = name !== single;
    const code = { name, sha256: sha256Of(text), beside: [], isShared } as unknown as StageCode;
    const inputs = { array: new Uint8Array(bytes) };
    const call = { code, chance: "", parameters: {}, inputs, machine: { adapter }, settings: {} };
    await runner.run(call, servicesInMemory(), listener);
    seen.push("done");
  }
  runner.close();
  return seen;
}

const large = 16 << 20;

Deno.test("a worker is kept for the next job of its stage", async () => {
  const seen = await workersOf([["a", 8], ["a", 8]]);
  assertEquals(seen, ["starts a", "done", "done", "ends a"]);
});

Deno.test("a worker ends before one of another stage starts", async () => {
  const seen = await workersOf([["a", 8], ["b", 8]]);
  assertEquals(seen, ["starts a", "done", "ends a", "starts b", "done", "ends b"]);
});

Deno.test("the worker of a stage with one job ends with it", async () => {
  const seen = await workersOf([[single, 8], ["a", 8]]);
  assertEquals(seen, [`starts ${single}`, `ends ${single}`, "done", "starts a", "done", "ends a"]);
});

Deno.test("a worker that had large inputs ends with its job, unless it has a device", async () => {
  const without = await workersOf([["a", large], ["a", 8]]);
  assertEquals(without, ["starts a", "ends a", "done", "starts a", "done", "ends a"]);
  const withDevice = await workersOf([["a", large, "llvmpipe"], ["a", large, "llvmpipe"]]);
  assertEquals(withDevice, ["starts a", "done", "done", "ends a"]);
});
