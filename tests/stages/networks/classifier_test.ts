/**
 * Tests that training with our kernels, on WebGPU and in WebAssembly, equals tfjs's own operations and
 * float64 backpropagation, and repeats bit for bit. Also tests the errors when a device is missing or fails.
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Classifier, ClassifierData, Layer } from "../../../stages/networks/classifier.ts";
import { createTfjsClassifier } from "../../support/classifier_tfjs.ts";
import { root } from "../../support/checkout.ts";
import { readJson } from "../../support/copied_files.ts";
import { denseLoss } from "../../support/dense_loss.ts";
import { gatherPixels } from "../../../stages/networks/packed_images.ts";
import { release } from "../../../pipeline/formats/release.ts";
import { createWasmClassifier } from "../../../stages/networks/classifier_wasm.ts";
import { createWebgpuClassifier } from "../../../stages/networks/classifier_webgpu.ts";
import { createClassifier } from "../../../stages/networks/create_classifier.ts";
import { closeWebgpu, loadTfjs, useWebgpu } from "../../../stages/networks/webgpu/backend.ts";
import { DeviceError, isSoftware, openDevice } from "../../../stages/networks/webgpu/device.ts";
import { createTrainingSet, registerKernels } from "../../../stages/networks/webgpu/kernels.ts";
import { pixelTexture } from "../../../stages/networks/webgpu/network.ts";
import { CPU_TILING, GPU_TILING } from "../../../stages/networks/webgpu/shaders.ts";
import { uniform } from "./random_network.ts";

/** Images with something to learn: each class is brighter in a stripe of its own. Some half of the rest is 0. */
function problem(sizes: number[], samples: number): ClassifierData {
  const draw = uniform(sizes.length + samples);
  const [width, classes] = [sizes[0], sizes[sizes.length - 1]];
  const labels = Uint8Array.from({ length: samples }, () => (draw() + 1) / 2 * classes);
  const pixels = Uint8Array.from(
    { length: samples * width },
    (_, i) =>
      Math.max(0, 120 * draw()) + (i % width % classes === labels[Math.floor(i / width)] ? 120 : 0),
  );
  const layers = sizes.slice(1).map((outputs, l) => {
    const inputs = sizes[l];
    const values = (n: number) =>
      Float32Array.from({ length: n }, () => draw() / Math.sqrt(inputs));
    return { inputs, outputs, weight: values(inputs * outputs), bias: values(outputs) };
  });
  const names = layers.map((_, l) => `linear-${l + 1}`);
  return { layers, names, images: { pixels, samples, width }, labels };
}

/** All samples in some order. */
const shuffled = (samples: number) =>
  Uint32Array.from({ length: samples }, (_, i) => (i * 37 + 11) % samples);

const flat = (layers: Layer<Float32Array>[]) =>
  Float32Array.from(layers.flatMap(({ weight, bias }) => [...weight, ...bias]));

/** Asserts the same bits, and names the first that differ: a whole difference takes minutes to print. */
function assertSameBits(found: Float32Array, expected: Float32Array, message: string): void {
  assertEquals(found.length, expected.length, message);
  const [a, b] = [found, expected].map((values) => new Uint32Array(values.slice().buffer));
  const at = a.findIndex((bits, i) => bits !== b[i]);
  assert(at < 0, `${message}: expected ${expected[at]} at ${at}, found ${found[at]}`);
}

/** Asserts |found - expected| <= tolerance · max(1, |expected|) everywhere. */
function assertClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  message: string,
): void {
  assertEquals(found.length, expected.length, message);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i] - expected[i]);
    assert(
      error <= tolerance * Math.max(1, Math.abs(expected[i])),
      `${message}: expected ${expected[i]} at ${i}, found ${found[i]}`,
    );
  }
}

async function trained(make: () => Promise<Classifier>, data: ClassifierData, batchSize: number) {
  const classifier = await make();
  try {
    const order = shuffled(data.images.samples);
    const losses = await classifier.train(order, { batchSize, learningRate: 0.05 });
    const logits = await classifier.logits(data.images);
    return { losses, logits, weights: flat(await classifier.weights()) };
  } finally {
    classifier.dispose();
  }
}

for (
  const [sizes, samples, batch] of [
    [[784, 256, 128, 64, 10], 160, 64],
    [[784, 10], 330, 32],
    [[65, 63, 1, 10], 70, 64],
    [[1, 64, 65], 90, 7],
    [[63, 10, 1], 40, 1],
    [[10, 784], 300, 140],
  ] satisfies [number[], number, number][]
) {
  Deno.test(`training ${sizes.join("-")} in batches of ${batch} is plain tfjs's training`, async () => {
    const data = problem(sizes, samples);
    const reference = await trained(() => createTfjsClassifier("wasm", data), data, batch);
    const contestants = {
      "tiles of a CPU": () => createWebgpuClassifier(data, { tiling: CPU_TILING }),
      "tiles of a GPU": () => createWebgpuClassifier(data, { tiling: GPU_TILING }),
      "WebAssembly": () => createWasmClassifier(data),
      ...sizes.length === 2 ? { "plain tfjs": () => createTfjsClassifier("webgpu", data) } : {},
    };
    for (const [name, make] of Object.entries(contestants)) {
      const { losses, logits, weights } = await trained(make, data, batch);
      assertClose(losses, reference.losses, 1e-6, `losses, ${name}`);
      assertClose(logits, reference.logits, 3e-6, `logits, ${name}`);
      assertClose(weights, reference.weights, 1e-6, `weights, ${name}`);
    }
  });
}

/** Mean loss of a batch and its gradients, weight and bias of each layer in turn, in float64. */
function backpropagation({ layers, images, labels }: ClassifierData, samples: Uint32Array) {
  const gradients = layers.flatMap(({ weight, bias }) => [
    new Float64Array(weight.length),
    new Float64Array(bias.length),
  ]);
  let loss = 0;
  for (const sample of samples) {
    const values = [
      Array.from(
        { length: images.width },
        (_, p) => images.pixels[sample * images.width + p] / 255,
      ),
    ];
    for (const [l, { outputs, weight, bias }] of layers.entries()) {
      const input = values[l];
      values.push(Array.from({ length: outputs }, (_, o) => {
        const z = input.reduce((sum, x, i) => sum + x * weight[i * outputs + o], bias[o]);
        return l < layers.length - 1 ? Math.max(z, 0) : z;
      }));
    }
    const logits = values[layers.length];
    const ln = Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0));
    loss += (ln - logits[labels[sample]]) / samples.length;
    let delta = logits.map((z, o) =>
      (Math.exp(z - ln) - (o === labels[sample] ? 1 : 0)) / samples.length
    );
    for (let l = layers.length - 1; l >= 0; l--) {
      const { outputs, weight } = layers[l];
      delta.forEach((d, o) => {
        gradients[2 * l + 1][o] += d;
        values[l].forEach((x, i) => gradients[2 * l][i * outputs + o] += x * d);
      });
      const above = delta;
      delta = values[l].map((x, i) =>
        x > 0 ? above.reduce((sum, d, o) => sum + d * weight[i * outputs + o], 0) : 0
      );
    }
  }
  return { loss, gradients };
}

Deno.test("tfjs differentiates the batch's loss to float64 backpropagation's gradients", async () => {
  const { tf, device } = await useWebgpu();
  registerKernels(tf);
  const sizes = [65, 63, 10, 5];
  const data = problem(sizes, 90);
  const samples = shuffled(90).subarray(0, 33);
  const set = await createTrainingSet(device, sizes, 64, data.images, data.labels);
  const variables = data.layers.flatMap(({ inputs, outputs, weight, bias }) => [
    tf.variable(tf.tensor(weight, [inputs, outputs])),
    tf.variable(tf.tensor(bias, [outputs])),
  ]);
  const { value, grads } = tf.variableGrads(
    // Twice the loss, so that what comes down from above is seen to matter.
    () => tf.mul(2, denseLoss(tf, variables, set, samples)),
    variables,
  );
  const { loss, gradients } = backpropagation(data, samples);
  assertClose(await value.data(), [2 * loss], 1e-6, "loss");
  for (const [i, { name }] of variables.entries()) {
    assertClose(await grads[name].data(), gradients[i].map((g) => 2 * g), 2e-7, `gradient ${i}`);
  }
  const after = Float32Array.from(await variables[0].data());
  assertSameBits(after, data.layers[0].weight, "the weights are as they were");
  set.destroy();
  tf.dispose([value, ...Object.values(grads), ...variables]);
});

Deno.test("the same adapter gives bit-identical weights and losses again, in parts too", async () => {
  const data = problem([784, 64, 65, 10], 300);
  const run = async (parts: Uint32Array[]) => {
    const classifier = await createWebgpuClassifier(data);
    const losses: number[] = [];
    for (const part of parts) {
      losses.push(...await classifier.train(part, { batchSize: 32, learningRate: 0.1 }));
    }
    const weights = flat(await classifier.weights());
    classifier.dispose();
    return { weights, losses: Float32Array.from(losses) };
  };
  const order = Uint32Array.from({ length: 1200 }, (_, i) => shuffled(300)[i % 300]);
  const first = await run([order]);
  const others = {
    again: [order],
    // An odd number of steps, so that the weights change sides.
    "in parts": [order.subarray(0, 32 * 3), order.subarray(32 * 3)],
  };
  for (const [name, parts] of Object.entries(others)) {
    const { weights, losses } = await run(parts);
    assertSameBits(losses, first.losses, `losses, ${name}`);
    assertSameBits(weights, first.weights, `weights, ${name}`);
  }
});

Deno.test("on wasm any number of threads gives the same bits", async () => {
  const data = problem([63, 40, 17, 10], 150);
  const run = (threads: number) => trained(() => createWasmClassifier(data, { threads }), data, 64);
  const one = await run(1);
  for (const threads of [2, 3, 5]) {
    const { losses, logits, weights } = await run(threads);
    assertSameBits(losses, one.losses, `losses of ${threads} threads`);
    assertSameBits(logits, one.logits, `logits of ${threads} threads`);
    assertSameBits(weights, one.weights, `weights of ${threads} threads`);
  }
});

Deno.test("on wasm a step of 1 moves the weights by float64 backpropagation's gradients", async () => {
  const data = problem([30, 20, 9, 5], 23);
  const samples = shuffled(23);
  const classifier = await createWasmClassifier(data, { threads: 2 });
  await classifier.train(samples, { batchSize: 23, learningRate: 1 });
  const moved = flat(await classifier.weights());
  const { gradients } = backpropagation(data, samples);
  const expected = gradients.flatMap((gradient) => [...gradient]);
  assertClose(flat([...data.layers]).map((w, i) => w - moved[i]), expected, 2e-7, "gradients");
  classifier.dispose();
});

Deno.test("images that are classified in parts have the logits that each has alone", async () => {
  const data = problem([3, 4], 25_000);
  const classifier = await createWebgpuClassifier(data);
  const { pixels } = data.images;
  const all = await classifier.logits(data.images);
  for (const [from, count] of [[0, 1], [10_239, 2], [20_479, 2], [24_000, 1000]]) {
    const part = pixels.subarray(from * 3, (from + count) * 3);
    const logits = await classifier.logits({ pixels: part, samples: count, width: 3 });
    assertSameBits(logits, all.slice(from * 4, (from + count) * 4), `images from ${from}`);
  }
  classifier.dispose();
});

Deno.test("reading follows training, and training continues from restored weights", async () => {
  const data = problem([63, 10], 64);
  const classifier = await createWebgpuClassifier(data);
  const options = { batchSize: 16, learningRate: 0.1 };
  assertSameBits(flat(await classifier.weights()), flat([...data.layers]), "initial weights");
  await classifier.train(shuffled(64), options);
  const after = await classifier.weights();
  assert(flat(after).some((w, i) => w !== flat([...data.layers])[i]), "training changes weights");
  await classifier.train(shuffled(64), options);
  const twice = flat(await classifier.weights());
  await classifier.restore(after);
  await classifier.train(shuffled(64), options);
  assertSameBits(flat(await classifier.weights()), twice, "weights after going on");
  classifier.dispose();
});

/**
 * A model of tfjs-layers, as `npm:@tensorflow/tfjs@4.22.0` saves it: its topology and `weightSpecs` of
 * `tf.sequential({ name: "classifier", layers: [
 *   tf.layers.dense({ name: "linear-1", units: 10, activation: "relu", kernelInitializer: "zeros", inputShape: [63] }),
 *   tf.layers.dense({ name: "linear-2", units: 5, kernelInitializer: "zeros" }),
 * ] }).save(tf.io.withSaveHandler(…))`.
 */
const savedModel = await readJson(root, "tests", "golden", "layers-model.json");

for (const backend of ["webgpu", "wasm"] as const) {
  Deno.test(`on ${backend} the model is as tfjs-layers saves it, with the weights that give the logits`, async () => {
    const data = problem([63, 10, 5], 40);
    const classifier = await createClassifier(backend, data.layers, data.names, data);
    await classifier.train(shuffled(40), { batchSize: 8, learningRate: 0.1 });
    const logits = await classifier.logits(data.images);
    const { modelJson, weightsBin } = await classifier.model();
    assertEquals(await classifier.model(), { modelJson, weightsBin }, "the same each time");
    assertEquals(modelJson, savedModel);
    const tf = await loadTfjs();
    const { weights } = modelJson.weightsManifest[0];
    const tensors = tf.io.decodeWeights(weightsBin.buffer, weights);
    const dense = (input: Tensor, name: string) =>
      tf.add(tf.matMul(input, tensors[`${name}/kernel`]), tensors[`${name}/bias`]);
    const input = Float32Array.from(data.images.pixels, (p) => p / 255);
    const hidden = tf.relu(dense(tf.tensor2d(input, [40, 63]), "linear-1"));
    assertClose(await dense(hidden, "linear-2").data(), logits, 1e-6, "logits");
    classifier.dispose();
  });

  Deno.test(`on ${backend} a weight that is not finite makes the losses of its batch NaN`, async () => {
    const data = problem([63, 10, 5], 16);
    data.layers[0].weight[7] = NaN;
    const classifier = await createClassifier(backend, data.layers, data.names, data);
    const losses = await classifier.train(shuffled(16), { batchSize: 8, learningRate: 0.1 });
    assert(losses.every(Number.isNaN), `${losses}`);
    classifier.dispose();
  });

  Deno.test(`on ${backend} 0 times an infinite weight is NaN`, async () => {
    const data = problem([63, 10, 5], 16);
    for (let sample = 0; sample < 16; sample++) {
      data.images.pixels.fill(0, sample * 63 + 16, sample * 63 + 24);
    }
    data.layers[0].weight[20 * 10 + 7] = Infinity;
    const classifier = await createClassifier(backend, data.layers, data.names, data);
    const logits = await classifier.logits(data.images);
    assert(logits.every(Number.isNaN), `${logits}`);
    const losses = await classifier.train(shuffled(16), { batchSize: 8, learningRate: 0.1 });
    assert(losses.every(Number.isNaN), `${losses}`);
    classifier.dispose();
  });

  Deno.test(`on ${backend} a gradient that is not finite reaches the weights of a pixel that is 0`, async () => {
    const data = problem([63, 10, 5], 40);
    // A pixel, and its neighbours that may be computed with it.
    for (let sample = 0; sample < 40; sample++) {
      data.images.pixels.fill(0, sample * 63 + 16, sample * 63 + 24);
    }
    const classifier = await createClassifier(backend, data.layers, data.names, data);
    await classifier.train(shuffled(40), { batchSize: 8, learningRate: 1e20 });
    const [{ weight }] = await classifier.weights();
    classifier.dispose();
    const ofPixel = (pixel: number) =>
      [...weight.subarray(pixel * 10, (pixel + 1) * 10)].map(Number.isFinite);
    assert(ofPixel(20).includes(false));
    assertEquals(ofPixel(20), ofPixel(40));
  });

  Deno.test(`on ${backend} the images are on the device after the first training, and their memory can be released`, async () => {
    const data = problem([49, 16, 10], 22_000);
    const { pixels, samples, width } = data.images;
    const own = pixels.slice();
    const classifier = await createClassifier(backend, data.layers, data.names, data);
    await assertRejects(
      async () => await classifier.trainingPixels(Uint32Array.of(0)),
      Error,
      "before",
    );
    const order = Uint32Array.of(samples - 1, 5, 0, 170, samples - 2);
    const train = () => classifier.train(order, { batchSize: 2, learningRate: 1e-9 });
    const losses = await train();
    release([pixels]);
    assertEquals(pixels.length, 0);
    assertClose(await train(), losses, 1e-6, "losses");
    assertEquals(await classifier.trainingPixels(order), gatherPixels(own, width, order));
    classifier.dispose();
  });

  Deno.test(`on ${backend} a training whose signal fires rejects with the reason, and can go on`, async () => {
    const data = problem([63, 10], 6400);
    const classifier = await createClassifier(backend, data.layers, data.names, data);
    const stop = new AbortController();
    const done: number[] = [];
    const order = shuffled(6400);
    const options = { batchSize: 1, learningRate: 0.1, signal: stop.signal };
    await assertRejects(
      () =>
        classifier.train(order, {
          ...options,
          onProgress: (samples) => {
            done.push(samples);
            stop.abort(new Error("enough"));
          },
        }),
      Error,
      "enough",
    );
    assert(done[0] < 6400, `stopped after ${done}`);
    const few = order.subarray(0, 10);
    assertEquals((await classifier.train(few, { batchSize: 4, learningRate: 0.1 })).length, 10);
    classifier.dispose();
  });

  Deno.test(`on ${backend} what does not fit is refused before anything is computed`, async () => {
    const data = problem([63, 10, 5], 16);
    const { layers, names, images, labels } = data;
    for (
      const [wrong, message] of [
        [{ layers: layers.slice(1) }, "expected layers that fit"],
        [{ names: names.slice(1) }, "a name for each of 2 layers"],
        [{ labels: labels.slice(1) }, "a label for each of 16 images"],
        [{ labels: labels.map(() => 5) }, "expected labels below 5, found 5 at sample 0"],
      ] as [Partial<ClassifierData>, string][]
    ) {
      const given = { ...data, ...wrong };
      await assertRejects(
        () => createClassifier(backend, given.layers, given.names, given),
        RangeError,
        message,
      );
    }
    const classifier = await createClassifier(backend, layers, names, { images, labels });
    const order = Uint32Array.of(3, 16);
    const options = { batchSize: 4, learningRate: 0.1 };
    for (
      const [train, message] of [
        [() => classifier.train(order, options), "expected indices below 16, found 16 at place 1"],
        [() => classifier.train(order.subarray(0, 0), options), "expected samples"],
        [
          () => classifier.train(order.subarray(0, 1), { ...options, batchSize: 0 }),
          "expected batches of 1 to",
        ],
        [
          () => classifier.train(order.subarray(0, 1), { ...options, learningRate: NaN }),
          "expected a learning rate above 0, found NaN",
        ],
        [
          () => classifier.logits({ ...images, width: 62 }),
          "expected at least one image, of 63 pixels",
        ],
      ] as [() => Promise<unknown>, string][]
    ) await assertRejects(train, RangeError, message);
    classifier.dispose();
  });
}

Deno.test("without an adapter the error names the package to install", async () => {
  const gpu = { requestAdapter: () => Promise.resolve(null) };
  const error = await assertRejects(() => openDevice({ gpu }), DeviceError);
  assertStringIncludes(error.message, "mesa-vulkan-drivers");
});

Deno.test("limits that are too small are named with what was found and needed", async () => {
  const limits = { maxTextureDimension2D: 1e9, maxBufferSize: 1 };
  const error = await assertRejects(() => openDevice({ limits }), DeviceError);
  const found = (await navigator.gpu.requestAdapter())?.limits.maxTextureDimension2D;
  assertStringIncludes(
    error.message,
    `maxTextureDimension2D of at least 1000000000, found ${found}`,
  );
  assert(!error.message.includes("maxBufferSize"), error.message);
});

Deno.test("a device that is lost fails the training under way, and the next one gets another", async () => {
  const data = problem([784, 10], 6400);
  const classifier = await createWebgpuClassifier(data);
  const { device } = await useWebgpu();
  const options = { batchSize: 1, learningRate: 0.1 };
  const error = await assertRejects(
    () => classifier.train(shuffled(6400), { ...options, onProgress: () => device.gpu.destroy() }),
    DeviceError,
  );
  assertStringIncludes(error.message, "lost the WebGPU device");
  await assertRejects(() => classifier.train(shuffled(6400), options), DeviceError, "lost");
  await assertRejects(() => classifier.logits(data.images), DeviceError, "lost");
  const next = await createWebgpuClassifier(data);
  assertEquals((await next.train(shuffled(6400).subarray(0, 5), options)).length, 5);
  next.dispose();
});

Deno.test("an error on a device that is reported lost soon after is reported as the loss", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const real = await adapter?.requestDevice();
  assert(adapter && real, "expected an adapter; install mesa-vulkan-drivers");
  const lost = Promise.withResolvers<unknown>();
  Object.defineProperty(real, "lost", { value: lost.promise });
  Object.defineProperty(adapter, "requestDevice", { value: () => Promise.resolve(real) });
  const { watch } = await openDevice({
    gpu: { requestAdapter: () => Promise.resolve(adapter) },
  });
  const told = setTimeout(() => lost.resolve({ reason: "unknown", message: "pulled out" }), 20);
  const error = await assertRejects(
    () => watch(() => Promise.reject(new TypeError("the queue is gone"))),
    DeviceError,
    "lost the WebGPU device",
  );
  assertStringIncludes(error.message, "pulled out");
  clearTimeout(told);
  real.destroy();
});

Deno.test("images wider than a texture and more samples than a batch are refused", async () => {
  const { tf, device } = await useWebgpu();
  const width = device.gpu.limits.maxTextureDimension2D * 16;
  assertThrows(
    () => pixelTexture(device.gpu, { pixels: new Uint8Array(width), samples: 1, width }),
    RangeError,
    "texture rows of images at most",
  );
  const { layers, images, labels } = problem([8, 3], 6);
  registerKernels(tf);
  const set = await createTrainingSet(device, [8, 3], 4, images, labels);
  const [{ weight, bias }] = layers;
  const weights = [tf.tensor2d(weight, [8, 3]), tf.tensor1d(bias)];
  assertThrows(
    () => denseLoss(tf, weights, set, shuffled(6)),
    RangeError,
    "expected one batch of 1 to 4 samples, found 6",
  );
  set.destroy();
  tf.dispose(weights);
});

Deno.test("a failed allocation is reported, not computed with", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const real = await adapter?.requestDevice();
  assert(adapter && real, "expected an adapter; install mesa-vulkan-drivers");
  const scopes: string[] = [];
  // The system gives more memory than it has, so that only the report is made up.
  Object.defineProperties(real, {
    pushErrorScope: { value: (filter: string) => scopes.push(filter) },
    popErrorScope: {
      value: () =>
        Promise.resolve(
          scopes.pop() === "out-of-memory" ? new GPUOutOfMemoryError("not enough left") : null,
        ),
    },
  });
  Object.defineProperty(adapter, "requestDevice", { value: () => Promise.resolve(real) });
  const { allocating } = await openDevice({
    gpu: { requestAdapter: () => Promise.resolve(adapter) },
  });
  const error = await assertRejects(
    () => allocating("60000 images", () => 1),
    DeviceError,
    "expected memory for 60000 images",
  );
  assertStringIncludes(error.message, "not enough left");
  assertEquals(scopes, [], "every scope is closed");
  real.destroy();
});

Deno.test("limits that an adapter does not support are refused by name", async () => {
  const { gpu, allocating } = await openDevice();
  const huge = { size: 2 ** 46, usage: GPUBufferUsage.STORAGE };
  await assertRejects(
    () => allocating("a huge buffer", () => gpu.createBuffer(huge)),
    DeviceError,
    "does not take a huge buffer",
  );
  assertEquals(await allocating("nothing", () => 1), 1, "the device goes on");
  gpu.destroy();
});

Deno.test("software adapters get a CPU's tiles, others a GPU's, with workgroups of 32 and more", async () => {
  const info = (description: string, isFallbackAdapter: boolean) =>
    ({ description, isFallbackAdapter }) as GPUAdapterInfo;
  assert(isSoftware(info("llvmpipe (LLVM 15.0.6, 256 bits)", false)));
  assert(isSoftware(info("", true)));
  assert(!isSoftware(info("NVIDIA GeForce RTX 4090", false)));
  const [x, y] = GPU_TILING.workgroup;
  assert(x * y >= 32);
  const { gpu, tiling, info: own } = await openDevice();
  assertEquals(tiling, isSoftware(own) ? CPU_TILING : GPU_TILING);
  gpu.destroy();
});

Deno.test("the next job of a worker reopens a device that was given up", async () => {
  for (let job = 0; job < 3; job++) {
    const { tf, device } = await useWebgpu();
    assertEquals([...await tf.add([1, 2], [3, 4]).data()], [4, 6]);
    await closeWebgpu();
    assert(device.failed, "its owner gave it up");
  }
});
