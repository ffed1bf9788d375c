/**
 * `init-check`: draws a network's initial weights by a law and checks them against it. It passes on
 * only weights that pass, and the generator's state after them, from which training continues.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { GeneratorState, TensorCheck } from "../../schemas/assignment/initialisation.ts";
import {
  generatorState,
  initialisationReport,
  initialWeights,
} from "../networks/network_artifacts.ts";
import { defaultRng } from "../random/default_rng.ts";
import { linearLayers, manualSeed } from "../random/pytorch.ts";
import { lawText, type NormalLaw, normalLaws, uniformText } from "./weight_laws.ts";
import {
  checkGaussian,
  checkMetrics,
  checkUniform,
  checkZero,
  level,
  refuseFailed,
} from "./weight_tests.ts";

const Parameters = z.strictObject({
  /** `uniform` draws from PyTorch's generator, the others from numpy's. */
  law: z.enum(["uniform", "gaussian", "lecun", "glorot", "he"]),
  /** Units of each layer, the inputs first. */
  layers: z.array(z.int().positive()).min(2),
  names: z.array(z.string().regex(/^[a-z0-9-]+$/)).min(1),
  /** Multiplies a normal law's standard deviation. */
  scale: z.number().positive().default(1),
  /** Weights have shape (inputs, outputs) in float64, and PyTorch's (outputs, inputs) in float32. */
  precision: z.enum(["float64", "float32"]).default("float32"),
  seed: z.int().nonnegative().default(0),
  /** Build of numpy whose bits normal weights have; uniform ones are the same in both. */
  log1p: z.enum(["plain", "fma"]).default("plain"),
}).refine(({ layers, names }) => names.length === layers.length - 1, {
  message: "expected a name for each layer",
}).refine(
  ({ law, scale, precision }) => law !== "uniform" || (scale === 1 && precision === "float32"),
  {
    message: "expected float32 and the scale 1, as PyTorch's nn.Linear draws uniform weights",
  },
);
type Parameters = z.infer<typeof Parameters>;

/** Weights or biases of one layer with the check that they must pass. */
interface DrawnTensor {
  readonly tensor: string;
  readonly shape: number[];
  readonly values: Float64Array | Float32Array;
  check(): TensorCheck | Promise<TensorCheck>;
}

interface Drawn {
  /** The call that seeds the generator. */
  readonly generator: string;
  readonly state: GeneratorState;
  readonly tensors: DrawnTensor[];
}

export const initCheck = defineStage({
  name: "init-check",
  module: import.meta.url,
  about: "draws initial weights by a law and checks them",
  parameters: Parameters,
  inputs: {},
  outputs: {
    weights: initialWeights,
    report: initialisationReport,
    generator: generatorState,
    metrics,
  },
  // Math.log and Math.exp, in the tail of the normal distribution, are the engine's.
  machine: ["arch", "v8"],
  async run({ parameters }) {
    const { law, seed } = parameters;
    const { generator, state, tensors } = law === "uniform"
      ? drawUniform(parameters)
      : drawNormal({ ...parameters, law });
    const checks = await Promise.all(tensors.map(({ check }) => check()));
    refuseFailed(checks);
    return {
      weights: Object.fromEntries(tensors.map(({ tensor, shape, values }) => [
        tensor,
        { dtype: parameters.precision, shape, data: values },
      ])),
      report: { generator, seed, level, tensors: checks },
      generator: state,
      metrics: { seed, ...checkMetrics(checks) },
    };
  },
});

/** Weights and biases as PyTorch's `nn.Linear` draws them. */
function drawUniform({ layers, names, seed }: Parameters): Drawn {
  const generator = manualSeed(seed);
  const tensors = linearLayers(generator, layers).flatMap(
    ({ inputs, outputs, weight, bias }, l) =>
      [
        { tensor: `${names[l]}.weight`, shape: [outputs, inputs], values: weight },
        { tensor: `${names[l]}.bias`, shape: [outputs], values: bias },
      ].map((drawn) => ({
        ...drawn,
        check: () => checkUniform({ ...drawn, rule: uniformText }, 1 / Math.sqrt(inputs)),
      })),
  );
  return { generator: "torch.manual_seed", state: generator.state(), tensors };
}

/** Normal weights from numpy's generator, layer by layer, and biases of 0. */
function drawNormal(
  { law, layers, names, scale, precision, seed, log1p }: Parameters & { law: NormalLaw },
): Drawn {
  const generator = defaultRng(seed, log1p);
  const array = precision === "float64" ? Float64Array : Float32Array;
  const tensors = names.flatMap((name, l): DrawnTensor[] => {
    const [inputs, outputs] = layers.slice(l, l + 2);
    const variance = normalLaws[law].variance(inputs, outputs) * scale ** 2;
    const weight = {
      tensor: `${name}.weight`,
      shape: precision === "float64" ? [inputs, outputs] : [outputs, inputs],
      values: array.from(generator.normal(0, Math.sqrt(variance), inputs * outputs)),
    };
    const bias = { tensor: `${name}.bias`, shape: [outputs], values: new array(outputs) };
    return [
      { ...weight, check: () => checkGaussian({ ...weight, rule: lawText(law, scale) }, variance) },
      { ...bias, check: () => checkZero({ ...bias, rule: "all 0" }) },
    ];
  });
  return { generator: "numpy.random.default_rng", state: generator.bits.state(), tensors };
}
