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

Deno.test("a unit sums over all of its inputs, however many of them are not 0", () => {
  const [inputs, outputs] = [9, 7];
  // Small integers, so that no sum rounds and half of them are below 0.
  const weight = Float32Array.from({ length: inputs * outputs }, (_, k) => 37 * k % 19 - 9);
  const bias = Float32Array.from({ length: outputs }, (_, j) => 5 * j % 7 - 3);
  const above = { inputs: outputs, outputs: 1, weight: new Float32Array(outputs), bias };
  // Every set of pixels is one sample.
  const samples = 2 ** inputs;
  const isWhite = (s: number, i: number) => (s >> i) % 2;
  const pixels = Uint8Array.from(
    { length: samples * inputs },
    (_, k) => 255 * isWhite(Math.floor(k / inputs), k % inputs),
  );
  let zeros = 0;
  for (let s = 0; s < samples; s++) {
    for (let j = 0; j < outputs; j++) {
      let sum = bias[j];
      for (let i = 0; i < inputs; i++) sum += isWhite(s, i) * weight[i * outputs + j];
      if (sum <= 0) zeros++;
    }
  }
  assertEquals(
    zeroShares([{ inputs, outputs, weight, bias }, above], { pixels, samples, width: inputs }),
    [zeros / (samples * outputs)],
  );
});
