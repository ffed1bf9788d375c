/** Tests that stored results are checked against their stage once, and again after a rewrite. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { checkpointsIn } from "../../../pipeline/engine/checkpoint.ts";
import { bytes } from "../../../pipeline/formats/bytes.ts";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { effectsFrom } from "../../../pipeline/engine/effects.ts";
import { checkpointLines, keyOf, parseLines } from "../../../pipeline/engine/key.ts";
import { servicesFor } from "../../../pipeline/engine/sandbox/services.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import { settle } from "../../../pipeline/store/stat_cache.ts";
import { openStore, putBlob, readAction, writeAction } from "../../../pipeline/store/store.ts";
import { findResult, noteChecked } from "../../../pipeline/store/stored_result.ts";
import type { Action } from "../../../schemas/run/action.ts";
import { numbers } from "../../fixtures/counting/counting_types.ts";
import { utf8 } from "../../support/utf8.ts";
import { workspace } from "../../support/workspace.ts";

Deno.test("a checked entry is not decoded again until it is rewritten", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  let decoded = 0;
  const raw = bytes("raw", { mediaType: "application/octet-stream", extension: "" });
  const stage = defineStage({
    name: "counted",
    module: import.meta.url,
    about: "has an output that counts its readers",
    outputs: { raw: { ...raw, decode: (value: Uint8Array) => (decoded++, value) } },
    run: () => ({ raw: new Uint8Array() }),
  });
  const action: Action = {
    version: 1,
    key: sha256Of("key"),
    stage: "counted",
    outputs: { raw: putBlob(store, new Uint8Array(10)) },
    finished: "2026-01-02T03:04:05.000Z",
    seconds: 1,
  };
  const find = () => findResult(store, stage, action.key, () => {});
  writeAction(store, action);
  assertEquals([find(), decoded], [action, 1]);
  noteChecked(store, action.key);
  assertEquals([find(), decoded], [action, 1]);
  settle(store.table);
  writeAction(store, action);
  assertEquals([find(), decoded], [action, 2]);
});

Deno.test("a checkpoint with an invalid entry is reported and not used", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const lines = parseLines(["stage s", "until steps 3"]);
  const told: string[] = [];
  const listener = {
    ...{ progress() {}, measured() {}, log() {} },
    notice: (message: string) => void told.push(message),
  };
  const { signal } = new AbortController();
  const client = { stage: "s", access: {}, data: {}, settings: {}, scratch: place.path, signal };
  const services = servicesFor(
    { ...client, root: place.path },
    checkpointsIn(store, { stage: "s", root: place.path, lines }, {
      force: false,
      notice: listener.notice,
      stop: () => false,
    }),
  );
  const effects = { settings: {}, machine: {}, listener, signal, state: numbers };
  const checkpoints = effectsFrom(services, effects).checkpoints!;
  await checkpoints.save(1, [7]);
  assertEquals(await checkpoints.read(1), [7]);
  const key = keyOf(checkpointLines(lines, 1));
  const own = readAction(store, key, () => {})!;
  const misfits: [change: Partial<Action>, problem: RegExp][] = [
    [{ outputs: {} }, /names no state/],
    [{ outputs: { state: putBlob(store, utf8('"x"')) } }, /not of the type numbers/],
    [{ outputs: { state: { sha256: "0".repeat(64), size: 1 } } }, /missing or damaged/],
    [{ seconds: 1e300 }, /seconds/],
  ];
  for (const [change, problem] of misfits) {
    writeAction(store, { ...own, ...change });
    assertEquals(await checkpoints.read(1), undefined);
    assertMatch(told.pop()!, problem);
  }
  await checkpoints.save(1, [7]);
  assertEquals([await checkpoints.read(1), told], [[7], []]);
  const unfit = checkpoints.save(2, "seven");
  await assertRejects(() => unfit, FormatError, "numbers");
});
