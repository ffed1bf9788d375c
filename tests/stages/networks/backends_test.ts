/** Tests that tfjs is loaded with the backend in use, and no other. */
import { assertEquals } from "@std/assert";
import { loadTfjs, useCpu, useWasm } from "../../../stages/networks/webgpu/backend.ts";

Deno.test("a backend of tfjs is loaded when it is first used", async () => {
  const tf = await loadTfjs();
  const loaded = () => Object.keys(tf.engine().registryFactory);
  assertEquals(loaded(), []);
  await useWasm();
  assertEquals([tf.getBackend(), ...loaded()], ["wasm", "wasm"]);
  await useCpu();
  assertEquals([tf.getBackend(), ...loaded()], ["cpu", "wasm", "cpu"]);
});
