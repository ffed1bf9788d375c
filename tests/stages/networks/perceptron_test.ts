/** Tests the hand-written network's equations against numpy, central differences and tfjs autodiff. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "../../support/all_gradients.ts";
import {
  backward,
  crossEntropy,
  forward,
  type Gradient,
  type Network,
  NonFiniteLossError,
  softmax,
  update,
  weightGradient,
} from "../../../stages/networks/perceptron.ts";
import { trainEpoch } from "../../support/train_epoch.ts";
import { randomNetwork, uniform } from "./random_network.ts";

function gradientsOf(network: Network, x: ArrayLike<number>, label: number): Gradient[] {
  return backward(network, forward(network, x), label);
}

/** ∂L/∂W_1, ∂L/∂b_1, ∂L/∂W_2, … in full. */
function inFull(gradients: Gradient[]): Float64Array[] {
  return gradients.flatMap((gradient) => [weightGradient(gradient), gradient.delta]);
}

const parameters = (network: Network) => network.flatMap(({ weight, bias }) => [weight, bias]);

/**
 * The largest of ‖a - b‖ / ‖b‖ over the arrays, which are one layer's W or b each. A norm below 0.01
 * counts as 0.01: cancellation leaves such a gradient fewer digits than the method has.
 */
function relativeError(a: ArrayLike<number>[], b: ArrayLike<number>[]): number {
  const norm = (values: number[]) => Math.hypot(...values);
  return Math.max(
    ...b.map((expected, k) =>
      norm(Array.from(expected, (value, i) => a[k][i] - value)) /
      Math.max(norm(Array.from(expected)), 0.01)
    ),
  );
}

/**
 * ∂L/∂θ ≈ (L(θ + h) - L(θ - h)) / 2h for every parameter. Truncation costs h² |L'''| / 6 and rounding
 * about ε |L| / h; both are near 1e-11 at h = ∛ε ≈ 2^-17, a power of two so that ±h adds no error.
 */
function centralDifferences(network: Network, x: ArrayLike<number>, label: number) {
  const h = 2 ** -17;
  const loss = () => crossEntropy(forward(network, x), label);
  return parameters(network).map((values) =>
    values.map((value, i) => {
      values[i] = value + h;
      const above = loss();
      values[i] = value - h;
      const below = loss();
      values[i] = value;
      return (above - below) / (2 * h);
    })
  );
}

const CENTRAL_DIFFERENCE_TOLERANCE = 1e-8;

Deno.test("two updates by hand are numpy's", () => {
  // import numpy as np
  // sigmoid = lambda a: 1 / (1 + np.exp(-a))
  // W = [np.arange(12).reshape(4, 3) / 8 - 0.5, np.arange(6).reshape(3, 2) / 4 - 0.5,
  //      np.array([[0.5, -1.0, 0.25], [-0.75, 0.125, 1.0]])]
  // b = [np.zeros(3), np.array([0.5, -0.25]), np.zeros(3)]
  // losses = []
  // for x, y in [([0.5, 0.0, 1.0, 0.25], 2), ([0.0, 0.75, 0.0, 1.0], 0)]:
  //     inputs = [np.array(x)]
  //     for l in (0, 1): inputs.append(sigmoid(inputs[l] @ W[l] + b[l]))
  //     a = inputs[2] @ W[2] + b[2]
  //     p = np.exp(a) / np.exp(a).sum()
  //     losses.append(float(-np.log(p[y])))
  //     deltas = [None, None, p - np.eye(3)[y]]
  //     for l in (2, 1): deltas[l - 1] = W[l] @ deltas[l] * inputs[l] * (1 - inputs[l])
  //     for l in range(3):
  //         W[l] = W[l] - 0.5 * np.outer(inputs[l], deltas[l])
  //         b[l] = b[l] - 0.5 * deltas[l]
  // print(losses)
  // for l in range(3): print(W[l].ravel().tolist(), b[l].tolist())
  const network: Network = [
    {
      inputs: 4,
      outputs: 3,
      weight: Float64Array.from({ length: 12 }, (_, i) => i / 8 - 0.5),
      bias: new Float64Array(3),
    },
    {
      inputs: 3,
      outputs: 2,
      weight: Float64Array.from({ length: 6 }, (_, i) => i / 4 - 0.5),
      bias: Float64Array.of(0.5, -0.25),
    },
    {
      inputs: 2,
      outputs: 3,
      weight: Float64Array.of(0.5, -1, 0.25, -0.75, 0.125, 1),
      bias: new Float64Array(3),
    },
  ];
  const images = Float32Array.of(0.5, 0, 1, 0.25, 0, 0.75, 0, 1);
  const meanLoss = trainEpoch(network, images, Uint8Array.of(2, 0), 0.5);
  assertAlmostEquals(meanLoss, (0.5397552186797806 + 1.8276096979915775) / 2, 1e-15);
  // deno-fmt-ignore
  const expected = [
    [-0.503243185801965, -0.3728124829813393, -0.2428547855945936, -0.12032207175603317,
      -0.008497103094410888, 0.10558396560895886, 0.24351362839607, 0.3793750340373214,
      0.5142904288108129, 0.62961564475764, 0.7397642877167825, 0.8526845613479818],
    [-0.00024913394530756954, -0.0069544367552264496, -0.011597617043908675],
    [-0.4773841173765619, -0.3230373767370512, 0.02464415335448445, 0.17148259542955596,
      0.5265394711525878, 0.6666408878360874],
    [0.5382794511205813, -0.35605978323270027],
    [0.6883495446225523, -1.0878725252661228, 0.14952298064357045, -0.5636048406977402,
      0.04459184593478848, 0.8940129947629517],
    [0.2917076102619252, -0.13775403246276818, -0.15395357779915703],
  ];
  parameters(network).forEach((values, k) =>
    values.forEach((value, i) => assertAlmostEquals(value, expected[k][i], 1e-15))
  );
});

Deno.test("gradients by hand are the central differences of the loss", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
      fc.integer(),
      (widths, seed) => {
        const sizes = [...widths, 4];
        if (sizes.length === 2) sizes.unshift(3);
        const network = randomNetwork(sizes, seed);
        const x = Float64Array.from({ length: sizes[0] }, uniform(seed + 1));
        const label = Math.abs(seed) % 4;
        const error = relativeError(
          inFull(gradientsOf(network, x, label)),
          centralDifferences(network, x, label),
        );
        assert(error < CENTRAL_DIFFERENCE_TOLERANCE, `relative error ${error} for ${sizes}`);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("the comparison with central differences notices broken gradients", () => {
  const network = randomNetwork([5, 4, 3, 3], 1);
  const x = Float64Array.of(0.5, -0.25, 0, 1, 0.75);
  const label = 1;
  const activations = forward(network, x);
  const intact = () => backward(network, activations, label);
  const differences = centralDifferences(network, x, label);
  const errorOf = (gradients: Gradient[]) => relativeError(inFull(gradients), differences);

  const edited = (edit: (gradients: Gradient[]) => void) => {
    const gradients = intact();
    edit(gradients);
    return gradients;
  };
  const withLayer = (l: number, change: (layer: Network[number], gradient: Gradient) => void) => {
    const changed = structuredClone(network);
    change(changed[l], intact()[l]);
    return backward(changed, activations, label);
  };
  const broken: Record<string, Gradient[]> = {
    "one δ off by a millionth": edited(([{ delta }]) => delta[2] *= 1 + 1e-6),
    "one sign": edited(([{ delta }]) => delta[0] *= -1),
    "p for p - onehot(y)": edited(([, , { delta }]) => delta[label] += 1),
    "no factor 1 - h": edited(([{ delta }, { input: h }]) =>
      delta.forEach((_, i) => delta[i] /= 1 - h[i])
    ),
    "1 + h for 1 - h": edited(([, { delta }, { input: h }]) =>
      delta.forEach((_, i) => delta[i] *= (1 + h[i]) / (1 - h[i]))
    ),
    "another pixel": edited(([first]) => first.input = x.toReversed()),
    "W transposed": withLayer(1, ({ inputs, outputs, weight }) => {
      const transposed = weight.map((_, k) =>
        weight[k % inputs * outputs + Math.floor(k / inputs)]
      );
      weight.set(transposed);
    }),
    "W already updated": withLayer(2, (layer, gradient) => update([layer], [gradient], 0.003)),
  };

  const error = errorOf(intact());
  assert(error < CENTRAL_DIFFERENCE_TOLERANCE, `intact: relative error ${error}`);
  for (const [name, gradients] of Object.entries(broken)) {
    const error = errorOf(gradients);
    assert(error > 10 * CENTRAL_DIFFERENCE_TOLERANCE, `${name}: relative error only ${error}`);
  }
});

Deno.test("gradients by hand are those of tfjs autodiff in float32", async () => {
  await tf.setBackend("cpu");
  const sizes = [784, 32, 32, 10];
  const network = randomNetwork(sizes, 2);
  for (const { inputs, weight } of network) {
    weight.forEach((w, i) => weight[i] = w / Math.sqrt(inputs));
  }
  const draw = uniform(3);
  const x = Float32Array.from({ length: 784 }, () => Math.max(0, draw()));
  const label = 7;
  const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
    let activation: tf.Tensor = tf.tensor2d(x, [1, 784]);
    for (let l = 0; l < network.length; l++) {
      const a = tf.add(tf.matMul(activation, tensors[2 * l]), tensors[2 * l + 1]);
      activation = l < network.length - 1 ? tf.sigmoid(a) : tf.logSoftmax(a);
    }
    return tf.reshape(tf.neg(tf.slice(activation, [0, label], [1, 1])), []);
  };
  const { value, gradients } = tf.tidy(() => {
    const tensors = network.flatMap(({ inputs, outputs, weight, bias }) => [
      tf.tensor2d(Float32Array.from(weight), [inputs, outputs]),
      tf.tensor1d(Float32Array.from(bias)),
    ]);
    const { value, grads } = tf.valueAndGrads(loss)(tensors);
    return { value: value.dataSync()[0], gradients: grads.map((grad) => grad.dataSync()) };
  });
  const activations = forward(network, x);
  assertAlmostEquals(value, crossEntropy(activations, label), 1e-5);
  // float32 has 2^-24 = 6e-8 a rounding; sums of 784 terms and three layers make some tens of them.
  const error = relativeError(gradients, inFull(backward(network, activations, label)));
  assert(error < 1e-5, `relative error ${error}`);
});

Deno.test("softmax is a distribution and its logarithm stays finite", () => {
  const logits = fc.array(fc.double({ min: -1e5, max: 1e5, noNaN: true }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(fc.property(logits, (values) => {
    const { probabilities, logProbabilities } = softmax(Float64Array.from(values));
    assertAlmostEquals(probabilities.reduce((sum, p) => sum + p), 1, 1e-14);
    probabilities.forEach((p, k) => {
      assert(Number.isFinite(logProbabilities[k]) && logProbabilities[k] <= 0);
      assertAlmostEquals(Math.exp(logProbabilities[k]), p, 1e-14);
    });
  }));
  const { probabilities, logProbabilities } = softmax(Float64Array.of(1000, -1000));
  assertEquals([...probabilities], [1, 0]);
  assertEquals([...logProbabilities], [0, -2000]);
});

Deno.test("skipping pixels that are zero changes no bit", () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, outputs) => {
    const inputs = 20;
    const draw = uniform(seed);
    const x = Float64Array.from({ length: inputs }, () => Math.max(0, draw()));
    const [{ weight, bias }] = randomNetwork([inputs, outputs], seed + 1);
    const a = Array.from(bias, (b, j) => {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += x[i] * weight[i * outputs + j];
      return sum + b;
    });
    const network: Network = [{ inputs, outputs, weight: weight.slice(), bias }];
    const activations = forward(network, x);
    assertEquals(activations.probabilities, softmax(Float64Array.from(a)).probabilities);
    const gradients = backward(network, activations, 0);
    const gradient = weightGradient({
      input: x.map((value) => 0.1 * value),
      delta: gradients[0].delta,
    });
    update(network, gradients, 0.1);
    assertEquals(network[0].weight, weight.map((w, k) => w - gradient[k]));
  }));
});

Deno.test("an epoch takes its samples in order and reports progress", () => {
  const sizes = [6, 4, 3];
  const draw = uniform(4);
  const samples = 2500;
  const images = Float32Array.from({ length: samples * 6 }, () => Math.max(0, draw()));
  const labels = Uint8Array.from({ length: samples }, () => Math.floor((draw() + 1) * 1.5));
  const network = randomNetwork(sizes, 5);
  const byHand = structuredClone(network);
  let sum = 0;
  for (let sample = 0; sample < samples; sample++) {
    const activations = forward(byHand, images.subarray(sample * 6, sample * 6 + 6));
    sum += crossEntropy(activations, labels[sample]);
    update(byHand, backward(byHand, activations, labels[sample]), 0.01);
  }
  const reports: number[] = [];
  const loss = trainEpoch(network, images, labels, 0.01, (done) => reports.push(done));
  assertEquals(loss, sum / samples);
  assertEquals(network, byHand);
  assertEquals(reports, [1000, 2000]);
});

Deno.test("an epoch lowers the loss of what can be learnt", () => {
  const draw = uniform(6);
  const images = Float32Array.from({ length: 400 * 2 }, draw);
  const labels = Uint8Array.from(
    { length: 400 },
    (_, i) => images[2 * i] > images[2 * i + 1] ? 1 : 0,
  );
  const network = randomNetwork([2, 5, 2], 7);
  const first = trainEpoch(network, images, labels, 0.5);
  const second = trainEpoch(network, images, labels, 0.5);
  assert(second < first / 2, `${first}, then ${second}`);
});

Deno.test("training stops at the first loss that is not finite, before its update", () => {
  const network = randomNetwork([2, 2, 2], 8);
  network[1].weight.set([1.7e308, -1.7e308, 1.7e308, -1.7e308]);
  network[1].bias.fill(0);
  network[0].weight.set([40, 40, 0, 0]);
  network[0].bias.fill(-40);
  // σ(-40) ≈ 0 keeps the first sample's logits finite; σ(40) = 1 makes the second's ±Infinity.
  const images = Float32Array.of(0, 0, 2, 0);
  const after = structuredClone(network);
  trainEpoch(after, images.subarray(0, 2), Uint8Array.of(0), 1e-320);
  const error = assertThrows(
    () => trainEpoch(network, images, Uint8Array.of(0, 0), 1e-320),
    NonFiniteLossError,
    "at sample 1",
  );
  assertEquals(error.sample, 1);
  assert(!Number.isFinite(error.loss));
  assertEquals(network, after);
});

Deno.test("shapes, labels, numbers and rates that do not fit are refused", () => {
  const images = new Float32Array(6);
  const labels = Uint8Array.of(0, 1);
  const train = (network: Network, x = images, y = labels, rate = 0.1) => () =>
    trainEpoch(network, x, y, rate);
  const good = () => randomNetwork([3, 4, 2], 9);
  const refuse = (test: () => unknown, message: string) => assertThrows(test, RangeError, message);

  refuse(train([]), "at least one layer");
  refuse(train([good()[0], randomNetwork([5, 2], 1)[0]]), "layer 1: expected as many inputs");
  refuse(
    train([{ ...good()[0], outputs: 0 }]),
    "layer 0: expected sizes of 1 or more, found 3 to 0",
  );
  refuse(
    train([{ ...good()[0], weight: new Float64Array(11) }]),
    "layer 0: expected weights for 3 × 4, 12, found 11",
  );
  refuse(train([{ ...good()[0], bias: new Float64Array(3) }]), "expected biases, 4, found 3");
  const infinite = good();
  infinite[1].weight[5] = -Infinity;
  refuse(train(infinite), "layer 1: expected finite numbers, found weight 5 -Infinity");
  refuse(train(randomNetwork([3, 257], 1)), "at most 256 classes, found 257");
  refuse(train(good(), new Float32Array(5)), "of 3 pixels (the first layer's inputs), 6 in all");
  refuse(train(good(), new Float32Array(0), new Uint8Array(0)), "at least one sample");
  refuse(train(good(), images, Uint8Array.of(0, 2)), "labels 0 to 1, found 2 at sample 1");
  refuse(train(good(), Float32Array.of(0, 0, 0, 0, NaN, 0)), "NaN at pixel 1 of sample 1");
  for (const rate of [0, -1, NaN, Infinity]) {
    refuse(train(good(), images, labels, rate), `learning rate, found ${rate}`);
  }
});
