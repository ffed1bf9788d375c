/** Tests that the fact about multiply-adds is what training in WebAssembly does. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { multiplyAdd } from "../../../pipeline/engine/machine/fused_multiply_add.ts";
import { createDenseNetwork } from "../../../stages/networks/wasm/dense_network.ts";

Deno.test("a product that is added is rounded as often as the fact says", async () => {
  const network = await createDenseNetwork([2, 1], 1, 1);
  const x = Math.fround(85 / 255);
  const rounded = Math.fround(x * x);
  // 1 · -rounded + x · x: a product that is rounded leaves nothing. In float64 it is exact.
  const weight = Float32Array.of(-rounded, x);
  network.write([{ inputs: 2, outputs: 1, weight, bias: Float32Array.of(0) }]);
  const [logit] = network.predict({ pixels: Uint8Array.of(255, 85), samples: 1, width: 2 });
  network.dispose();
  assertNotEquals(x * x, rounded);
  assertEquals(logit, { fused: Math.fround(x * x - rounded), separate: 0 }[multiplyAdd()]);
});
