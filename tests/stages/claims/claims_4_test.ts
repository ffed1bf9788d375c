/**
 * Tests the claims of question 4: the verdicts of the measured values, and for each claim a perturbation
 * of its premise that changes its verdict and no other's.
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import type { SummationOrders } from "../../../schemas/assignment/by_hand_measurements.ts";
import { Ledger } from "../../../schemas/run/judged_claims.ts";
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import { claimsTable } from "../../../pipeline/claims/claims_table.ts";
import { laidOut } from "../../../pipeline/terminal/laid_out.ts";
import { checkGradients } from "../../../stages/train/check_gradients.ts";
import { judge, judgeControl, ledgerOf } from "../../../pipeline/claims/claim.ts";
import { controls, type Question4, question4 } from "../../../stages/claims/claims_4/mod.ts";
import { slope } from "../../../stages/train/gradient_scale.ts";
import { initCheckBatchByHand } from "../../../stages/init_check/init_check_batch_by_hand.ts";
import { initCheck } from "../../../stages/init_check/init_check.ts";
import { crossEntropy, forward, type Network } from "../../../stages/networks/perceptron.ts";
import { reordered } from "../../../stages/networks/reordered.ts";
import { layersOf, tensorsOf } from "../../../stages/networks/layers.ts";
import { scalePixels } from "../../../stages/normalize/scale.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { measureSummationOrders } from "../../../stages/train/summation_orders.ts";
import { type Perturbed, testPerturbed } from "./perturbed.ts";
import { verdictsOf } from "./verdicts_of.ts";

const effects = { progress() {} } as unknown as Effects;

const evaluation = (counts: readonly number[], losses: readonly number[]) => ({
  samples: 10_000,
  epochs: counts.map((correct, epoch) => ({
    epoch,
    correct,
    loss: losses[epoch],
    confusion: [],
    precision: [],
    recall: [],
  })),
});

/** Measurements of a run on 2026-11-24. */
function measured(): Question4 {
  const described = evaluation([1028, 8671, 9078, 9277], [2.36092, 0.47248, 0.31556, 0.25054]);
  const rawCounts = [[880, 7075, 7035, 6280], [880, 7178, 6849, 7420], [880, 7042, 6740, 6389]];
  const rawLosses = [2.37346, 0.90407, 0.89352, 1.09757];
  const orders = (counts: readonly number[][], losses: readonly number[]): SummationOrders => ({
    samples: 10_000,
    orders: counts.map((row, i) => ({
      name: `order-${i}`,
      epochs: row.map((correct, epoch) => ({ epoch, correct, loss: losses[epoch] })),
    })),
  });
  const scaledCounts = described.epochs.map(({ correct }) => correct);
  const gradients = [[1, 2e-9, 1.3e-7, 3], [2, 4e-10, 9e-8, 3.9]].flatMap((
    [layer, differences, autodiff, mistaken],
  ) => {
    const row = { epoch: 0, layer, parameters: 400 };
    const byHand = { ...row, gradient: "hand-written" as const };
    return [
      { ...byHand, against: "central-differences" as const, largestRelative: differences },
      { ...byHand, against: "autodiff" as const, largestRelative: autodiff },
      {
        ...row,
        gradient: "without-slopes" as const,
        against: "central-differences" as const,
        largestRelative: mistaken,
      },
    ];
  });
  const scale = (
    norms: readonly number[][],
    slopes: readonly number[],
    largest: readonly number[],
    losses: number[],
  ) => ({
    losses: { samples: 20_000, means: losses },
    rows: (["at-start", "first-thousand", "first-epoch"] as const).map((when, i) => ({
      when,
      samples: 1000,
      gradientNorm: { mean: norms[i][0], median: norms[i][1] },
      slope: { mean: slopes[i], median: slopes[i] },
      largestArgument: largest[i],
    })),
  });
  const deviations = [0.328, 0.508, 0.524];
  return {
    described,
    listed: evaluation([999, 9064, 9246, 9324], [2.45, 0.337, 0.267, 0.232]),
    raw: evaluation(rawCounts[0], rawLosses),
    "scaled-orders": orders(
      [scaledCounts, scaledCounts, scaledCounts],
      described.epochs.map(({ loss }) => loss),
    ),
    "raw-orders": orders(rawCounts, rawLosses),
    gradients: { samples: 8, rows: gradients },
    "scaled-gradients": scale(
      [[0.474, 0.482], [0.468, 0.472], [1.21, 0.774]],
      [
        0.248,
        0.248,
        0.194,
      ],
      [1.9, 1.9, 12.5],
      [1.99, 0.98, 0.63],
    ),
    "raw-gradients": scale([[8.97, 4.91], [4.99, 0.86], [4.31, 1.2e-9]], [1e-22, 1e-39, 8e-209], [
      485,
      520,
      7581,
    ], [1.63, 1.08, 0.98]),
    moments: {
      rule: "N(0, 1/max(n_in, n_out))",
      samples: 64,
      input: 0.108,
      layers: deviations.map((deviation, l) => ({
        name: `layer-${l + 1}`,
        weightVariance: 1 / 784,
        biasVariance: 0,
        activation: { predicted: 0.1, measured: deviation ** 2 },
        gradient: { predicted: 0.1, measured: 0.1 },
      })),
    },
    "weighted-inputs": {
      samples: 64,
      networks: 200,
      confidence: 0.9999,
      layers: deviations.map((deviation, l) => ({
        layer: l + 1,
        deviation,
        standardError: 0.01,
        interval: { low: deviation - 0.04, high: deviation + 0.04 },
        predicted: deviation,
      })),
    },
    untrained: {
      samples: 10_000,
      rule: "N(0, 1/max(n_in, n_out))",
      ofTrained: 1028,
      correct: [543, 1000, 1376],
      mean: 1000.4,
      standardDeviation: 89.5,
      confidence: 0.9999,
      interval: { low: 975, high: 1026 },
    },
    operations: {
      samples: 64,
      step: 106_000,
      rows: ([["simplified", 10, 0], ["chain-rule", 400, 2e-16], [
        "chain-rule-of-the-true-class",
        31,
        2e-16,
      ]] as const).map(([way, operations, largestDifference]) => ({
        epoch: 0,
        way,
        operations,
        largestDifference,
      })),
    },
    forms: {
      largest: 1000,
      clip: 500,
      points: 8001,
      relativeError: 1e-13,
      notFinite: 0,
      branchesNotFinite: 1161,
      overflows: 2322,
      overflowsFrom: 709.75,
      overflowsClipped: 0,
      differenceByClip: 7e-218,
    },
    "described-weights": report([784, 32], [32, 32], [32, 10]),
    "listed-weights": report([784, 32], [32, 10]),
    "widening-weights": report([10, 32], [32, 784]),
  };
}

/** A report on weights drawn by the listing's rule, of layers of these shapes. */
const report = (...shapes: number[][]) => ({
  generator: "numpy.random.default_rng",
  seed: 80085,
  level: 1e-6,
  tensors: shapes.map((shape, l) => ({
    tensor: `layer-${l + 1}.weight`,
    shape,
    mean: 0,
    variance: 1.01 / Math.max(...shape),
    expectedVariance: 1 / Math.max(...shape),
    rule: "N(0, 1/max(n_in, n_out))",
    tests: [],
  })),
});

const verdicts = (of: Question4) => verdictsOf(question4, of);

const found: Record<string, Verdict> = {
  "Q4.initial": "confirmed",
  "Q4.uniform-loss": "qualified",
  "Q4.epochs": "confirmed",
  "Q4.listing": "refuted",
  "Q4.course": "qualified",
  "Q4.scale": "qualified",
  "Q4.backprop": "confirmed",
  "Q4.scale-reason": "qualified",
  "Q4.unit-std": "refuted",
  "Q4.comment": "qualified",
  "Q4.chance": "confirmed",
  "Q4.clip": "refuted",
  "Q4.stable": "qualified",
  "Q4.delta": "confirmed",
  "Q4.slow": "qualified",
};

Deno.test("the measured values give the verdicts of an independent check, and the controls behave", () => {
  assertEquals(verdicts(measured()), found);
  for (const control of controls) assert(judgeControl(control, measured()).behaved, control.id);
});

const perturbed: Perturbed<Question4> = {
  "Q4.initial": ["qualified", ({ "scaled-orders": { orders } }) => {
    for (const { epochs } of orders) epochs[0].correct = 1029;
  }],
  "Q4.uniform-loss": ["confirmed", ({ described }) => described.epochs[0].loss = 2.3026],
  "Q4.epochs": ["qualified", ({ "scaled-orders": { orders } }) => {
    orders[2].epochs[3].correct = 9276;
  }],
  "Q4.listing": ["confirmed", (edited) => {
    edited.listed = structuredClone(edited.described);
  }],
  "Q4.course": ["confirmed", ({ described }) => described.epochs[3].correct = 7100],
  "Q4.scale": ["confirmed", ({ "raw-orders": { orders } }) => {
    for (const { epochs } of orders) {
      for (const row of epochs.slice(1)) row.correct = 7000;
    }
  }],
  "Q4.backprop": ["qualified", ({ gradients: { rows } }) => rows[0].largestRelative = 0.01],
  "Q4.scale-reason": ["confirmed", ({ "raw-gradients": { rows } }) => {
    for (const row of rows) row.gradientNorm = { mean: 100, median: 100 };
  }],
  "Q4.unit-std": ["confirmed", ({ moments, "weighted-inputs": { layers } }) => {
    for (const { activation } of moments.layers) activation.measured = 0.98;
    for (const layer of layers) {
      Object.assign(layer, { deviation: 1.01, interval: { low: 0.97, high: 1.05 } });
    }
  }],
  "Q4.comment": ["confirmed", ({ "widening-weights": { tensors } }) => {
    for (const one of tensors) one.expectedVariance = 1 / one.shape[0];
  }],
  "Q4.chance": ["qualified", ({ untrained }) => {
    Object.assign(untrained, { mean: 2000, interval: { low: 1970, high: 2030 } });
  }],
  "Q4.clip": ["qualified", ({ "scaled-gradients": { rows } }) => rows[2].largestArgument = 800],
  "Q4.stable": ["confirmed", ({ forms }) => {
    Object.assign(forms, { overflows: 0, overflowsFrom: null });
  }],
  "Q4.delta": ["qualified", ({ operations: { rows } }) => {
    for (const row of rows) if (row.way !== "simplified") row.operations = 9;
  }],
  "Q4.slow": ["confirmed", ({ "raw-gradients": { losses } }) => losses.means[0] = 2.4],
};

testPerturbed({
  question: "question 4",
  claims: question4,
  measured,
  found,
  perturbed,
});

Deno.test("an interval across the end of its margin is undecided, and the networks needed are named", () => {
  const edited = measured();
  edited["weighted-inputs"].layers[0] = {
    ...edited["weighted-inputs"].layers[0],
    deviation: 0.87,
    interval: { low: 0.81, high: 0.93 },
  };
  const claim = judge(question4.find(({ id }) => id === "Q4.unit-std")!, edited);
  assertEquals(claim.verdict, "undecided");
  assert(
    claim.decidedBy!.startsWith("4 times as many samples (800 rather than 200)"),
    claim.decidedBy!,
  );
});

Deno.test("a control that misbehaves fails the judging", () => {
  const blind = measured();
  for (const row of blind.gradients.rows) row.largestRelative = 1e-9;
  assertThrows(() => ledgerOf(question4, controls, blind), Error, "Q4-control.wrong-gradient");
  const other = measured();
  other.described.epochs[2].correct++;
  assertThrows(() => ledgerOf(question4, controls, other), Error, "Q4-control.same-training");
});

Deno.test("a training cut short leaves undecided what it did not measure, with the reason, and no more", () => {
  const short = measured();
  short.described.epochs.splice(2);
  const { claims, controls: judged } = Ledger.parse(ledgerOf(question4, controls, short));
  const open = claims.filter(({ verdict }, i) => verdict !== found[question4[i].id]);
  // One judges the last epoch; the other's sentence holds every epoch against another network's.
  assertEquals(open.map(({ id }) => id), ["Q4.listing", "Q4.course"]);
  for (const { verdict, sentence, decidedBy } of open) {
    assertEquals(verdict, "undecided");
    for (const text of [sentence, decidedBy]) {
      assertMatch(text!, /expected an evaluation after epoch [23], found those after 0, 1/);
    }
  }
  const unmeasured = judged.filter(({ behaved }) => !behaved);
  assertEquals(unmeasured.map(({ id }) => id), ["Q4-control.same-training"]);
  const lines = laidOut(claimsTable({ claims, controls: judged }));
  const shown = lines.filter((line) => /undecided {2}/.test(line));
  assertEquals(shown.map((line) => line.split(" ")[0]), [
    "Q4.listing",
    "Q4.course",
    "Q4-control.same-training",
  ]);
  assert(!lines.some((line) => line.includes("MISBEHAVES")), lines.join("\n"));
});

Deno.test("a program error in a claim is not reported as a missing measurement", () => {
  const broken = { ...question4[0], parts: () => [].at(0)! };
  assertThrows(() => judge(broken, measured()), TypeError);
});

/** A network of a few units drawn by question 4's rule, and random images for it. */
async function small(sizes: number[], count: number) {
  const { weights, report } = await initCheck.run({
    parameters: initCheck.parameters.parse({
      law: "gaussian",
      layers: sizes,
      names: sizes.slice(1).map((_, l) => `layer-${l + 1}`),
      precision: "float64",
      seed: 5,
    }),
    inputs: {},
    effects,
  });
  const random = defaultRng(1);
  const images = {
    dtype: "uint8" as const,
    shape: [count, 1, sizes[0]],
    data: Uint8Array.from(random.integers(0, 256, count * sizes[0])),
  };
  const labels = {
    dtype: "uint8" as const,
    shape: [count],
    data: Uint8Array.from(random.integers(0, sizes[sizes.length - 1], count)),
  };
  return { weights, report, images, labels, scale: { divisor: 255 } };
}

const losses = (network: Network, images: Float32Array, labels: Uint8Array) =>
  Array.from(labels, (label, s) => {
    const { inputs } = network[0];
    return crossEntropy(forward(network, images.subarray(s * inputs, (s + 1) * inputs)), label);
  });

Deno.test("a reordered network is the same function, to the last bits and not in all of them", async () => {
  const { weights, images, labels, scale } = await small([64, 16, 12, 10], 20);
  const pixels = scalePixels(images.data, scale.divisor);
  const network = layersOf(weights, "float64");
  const random = defaultRng(2);
  const orders = [64, 16, 12].map((n) => random.permutation(n));
  const before = losses(network, pixels, labels.data);
  const moved = pixels.map((_, p) => pixels[p - p % 64 + orders[0][p % 64]]);
  const after = losses(reordered(network, orders), moved, labels.data);
  for (const [i, loss] of after.entries()) assert(Math.abs(loss / before[i] - 1) < 1e-14);
  assert(after.some((loss, i) => loss !== before[i]), "another order of summation");
  const stayed = losses(reordered(network, orders), pixels, labels.data);
  assert(stayed.some((loss, i) => Math.abs(loss / before[i] - 1) > 1e-6), "images as they were");
});

Deno.test("each order of summation is another training of the same network", async () => {
  const { weights, images, labels } = await small([64, 16, 12, 10], 300);
  const { orders } = (await measureSummationOrders.run({
    parameters: { epochs: 10, learningRate: 0.1 },
    inputs: {
      initial: weights,
      "train-images": images,
      "train-labels": labels,
      "test-images": images,
      "test-labels": labels,
      // Raw pixels, with which a last bit soon becomes more.
      "pixel-scale": { divisor: 1 },
    },
    effects,
  })).orders;
  assertEquals(orders.length, 5);
  const [first, last] = [0, 10].map((epoch) => orders.map(({ epochs }) => epochs[epoch].loss));
  for (const loss of first) assert(Math.abs(loss / first[0] - 1) < 1e-9);
  assertEquals(new Set(last).size, 5, String(last));
});

Deno.test("the gradient check passes the hand-written gradient and sees a mistake", async () => {
  const { weights, ...data } = await small([64, 16, 12, 10], 2);
  const { gradients } = await checkGradients.run({
    parameters: { samples: 2, seed: 0 },
    inputs: {
      ...data,
      weights: { ...tensorsOf(layersOf(weights, "float64"), { prefix: "epoch-0." }) },
    },
    effects,
  });
  for (const { gradient, against, largestRelative } of gradients.rows) {
    const limit = against === "autodiff" ? 1e-5 : 1e-6;
    assertEquals(largestRelative <= limit, gradient === "hand-written", `${gradient} ${against}`);
  }
  assertEquals(new Set(gradients.rows.map(({ layer }) => layer)), new Set([1, 2, 3]));
});

Deno.test("second moments through a wide sigmoid network are as predicted", async () => {
  const inputs = await small([784, 600, 600, 10], 16);
  const result = await initCheckBatchByHand.run({
    parameters: { batchSize: 16, networks: 4, seed: 0 },
    inputs,
    effects,
  });
  for (const { activation, gradient } of result.moments.layers.slice(0, 2)) {
    assert(
      Math.abs(activation.measured / activation.predicted - 1) < 0.15,
      JSON.stringify(activation),
    );
    assert(Math.abs(gradient.measured / gradient.predicted - 1) < 0.5, JSON.stringify(gradient));
  }
  for (const { deviation, predicted } of result["weighted-inputs"].layers) {
    assert(Math.abs(deviation / predicted - 1) < 0.15);
  }
});

Deno.test("the sigmoid's slope is not lost where the sigmoid rounds to 1", () => {
  assertEquals(slope(0), 0.25);
  assert(Math.abs(slope(50) / Math.exp(-50) - 1) < 1e-12);
  assertEquals(slope(-50), slope(50));
});
