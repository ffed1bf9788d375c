/** Tests that training, which leaves out pixels that are 0, has the bits of products with every pixel. */
import { assertEquals } from "@std/assert";
import { multiplyAdd } from "../../../pipeline/engine/machine/fused_multiply_add.ts";
import type { Layer } from "../../../stages/networks/layers.ts";
import { createDenseNetwork } from "../../../stages/networks/wasm/dense_network.ts";
import { uniform } from "./random_network.ts";

type Layers = Layer<Float32Array>[];

const isFused = multiplyAdd() === "fused";
const float64 = new Float64Array(1);
const bits64 = new BigInt64Array(float64.buffer);

/** a · b + c in float32, rounded as often as this machine does. */
function madd(a: number, b: number, c: number): number {
  const product = a * b;
  if (!isFused) return Math.fround(Math.fround(product) + c);
  const sum = product + c;
  const added = sum - product;
  const error = (product - (sum - added)) + (c - added);
  // Rounded to odd, so that rounding to float32 has no tie that the sum did not have.
  float64[0] = sum;
  if (error !== 0 && (bits64[0] & 1n) === 0n) bits64[0] += error > 0 === sum > 0 ? 1n : -1n;
  return Math.fround(float64[0]);
}

/** Sum of a(i) · b(i) for i from 0 to `count` − 1, in this order. */
function dot(count: number, a: (i: number) => number, b: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum = madd(a(i), b(i), sum);
  return sum;
}

/** Outputs of every layer for one image, the image first. */
function forward(layers: Layers, image: Float32Array): Float32Array[] {
  const values = [image];
  layers.forEach(({ inputs, outputs, weight, bias }, l) => {
    const x = values[l];
    values.push(Float32Array.from({ length: outputs }, (_, k) => {
      const sum = Math.fround(dot(inputs, (i) => x[i], (i) => weight[i * outputs + k]) + bias[k]);
      return l === layers.length - 1 ? sum : Math.max(0, sum);
    }));
  });
  return values;
}

/** Moves the layers by the gradient of a batch's mean loss. */
function step(layers: Layers, images: Float32Array[], labels: number[], rate: number): void {
  const values = images.map((image) => forward(layers, image));
  let deltas = values.map((of, s) => {
    const logits = of[layers.length];
    const most = Math.max(...logits);
    const exps = [...logits].map((logit) => Math.exp(logit - most));
    const sum = exps.reduce((a, b) => a + b);
    return Float32Array.from(exps, (e, k) => (e / sum - Number(k === labels[s])) / labels.length);
  });
  const at = Math.fround(-rate);
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, weight, bias } = layers[l];
    const own = deltas;
    deltas = values.map((of, s) =>
      Float32Array.from(
        { length: inputs },
        (_, i) => of[l][i] > 0 ? dot(outputs, (k) => own[s][k], (k) => weight[i * outputs + k]) : 0,
      )
    );
    for (let k = 0; k < outputs; k++) {
      for (let i = 0; i < inputs; i++) {
        const sum = dot(own.length, (s) => values[s][l][i], (s) => own[s][k]);
        weight[i * outputs + k] = madd(sum, at, weight[i * outputs + k]);
      }
      bias[k] = madd(own.reduce((sum, delta) => Math.fround(sum + delta[k]), 0), at, bias[k]);
    }
  }
}

const bitsOf = (values: Float32Array) => [...new Uint32Array(values.buffer, 0, values.length)];

Deno.test("training and logits have the bits of products with every pixel", async () => {
  const rate = 0.3;
  const problems = [
    { sizes: [1, 1], samples: 3, batch: 2 },
    { sizes: [4, 17, 3], samples: 29, batch: 12 },
    { sizes: [12, 5], samples: 25, batch: 25 },
    { sizes: [8, 33, 16, 2], samples: 9, batch: 1 },
    { sizes: [27, 8, 10], samples: 20, batch: 7 },
  ];
  for (const { sizes, samples, batch } of problems) {
    const draw = uniform(sizes[0]);
    const [width, classes] = [sizes[0], sizes[sizes.length - 1]];
    // Every third image has no pixel of 0, the next one nothing else.
    const pixels = Uint8Array.from(
      { length: samples * width },
      (_, i) =>
        [1 + Math.abs(254 * draw()), 0, Math.max(0, 255 * draw())][Math.floor(i / width) % 3],
    );
    const images = Array.from(
      { length: samples },
      (_, s) =>
        Float32Array.from(pixels.subarray(s * width, (s + 1) * width), (byte) => byte / 255),
    );
    const labels = Uint8Array.from({ length: samples }, (_, s) => s % classes);
    const layers: Layers = sizes.slice(1).map((outputs, l) => ({
      inputs: sizes[l],
      outputs,
      weight: Float32Array.from({ length: sizes[l] * outputs }, draw),
      bias: Float32Array.from({ length: outputs }, draw),
    }));
    const order = Uint32Array.from({ length: samples }, (_, i) => (i * 7 + 3) % samples);
    const data = { images: { pixels, samples, width }, labels };
    const networks = await Promise.all(
      [1, 3].map((threads) => createDenseNetwork(sizes, batch, threads, data)),
    );
    for (const network of networks) network.write(layers);
    for (const turn of [1, 2]) {
      for (let from = 0; from < samples; from += batch) {
        const own = [...order.subarray(from, from + batch)];
        step(layers, own.map((s) => images[s]), own.map((s) => labels[s]), rate);
      }
      for (const network of networks) {
        network.train(order, rate);
        const about = `${sizes.join("-")} on ${network.threads} threads, turn ${turn}`;
        for (const [l, { weight, bias }] of network.read().entries()) {
          assertEquals(bitsOf(weight), bitsOf(layers[l].weight), `weights of ${about}`);
          assertEquals(bitsOf(bias), bitsOf(layers[l].bias), `biases of ${about}`);
        }
        const logits = images.flatMap((image) => bitsOf(forward(layers, image)[layers.length]));
        assertEquals(bitsOf(network.predict(data.images)), logits, `logits of ${about}`);
      }
    }
    for (const network of networks) network.dispose();
  }
});
