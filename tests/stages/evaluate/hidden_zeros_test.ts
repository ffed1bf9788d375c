/** Tests the share of zeros among the outputs of hidden layers. */
import { assertEquals } from "@std/assert";
import { zeroShares } from "../../../stages/evaluate/hidden_zeros.ts";

Deno.test("a hidden layer's zeros are those that its ReLU makes, chunk by chunk", () => {
  // The first unit is positive for a white pixel, the second one for a black one, the third for neither.
  const hidden = {
    inputs: 1,
    outputs: 3,
    weight: Float32Array.of(2, -2, 0),
    bias: Float32Array.of(-1, 1, 0),
  };
  const output = {
    inputs: 3,
    outputs: 1,
    weight: Float32Array.of(0, 0, 0),
    bias: Float32Array.of(0),
  };
  const samples = 600;
  const pixels = Uint8Array.from({ length: samples }, (_, i) => i % 2 * 255);
  assertEquals(zeroShares([hidden, output], { pixels, samples, width: 1 }), [2 / 3]);
  assertEquals(zeroShares([output], { pixels, samples, width: 1 }), [], "it has no hidden layer");
});
