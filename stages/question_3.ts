/**
 * Question 3's part of the DAG: FashionMNIST through tfjs, beside PyTorch's runs and the assignment's
 * figures, the same from other seeds, and short trainings under other rules of initialisation.
 */
import type { AddJob, Handles } from "../pipeline/engine/dag.ts";
import { compareCurves } from "./compare/compare_curves.ts";
import { type Compared, compareInitialisations } from "./compare/compare_initialisations.ts";
import { compareLonger } from "./compare/compare_longer.ts";
import { comparePytorch } from "./compare/compare_pytorch.ts";
import { compareSamples } from "./compare/compare_samples.ts";
import { evaluateOnDevice } from "./evaluate/evaluate_on_device.ts";
import { initCheck } from "./init_check/init_check.ts";
import { initCheckBatch } from "./init_check/init_check_batch.ts";
import type { NormalLaw } from "./init_check/weight_laws.ts";
import { judgeQuestion3 } from "./claims/judge_question_3.ts";
import type { normalize } from "./normalize/normalize.ts";
import { trainOnDevice } from "./train/train_on_device.ts";
import { visualizeQuestion3 } from "./visualize/visualize_question_3.ts";
import { visualizeQuestion3Initialisations } from "./visualize/visualize_question_3_initialisations.ts";
import { visualizeQuestion3Reported } from "./visualize/visualize_question_3_reported.ts";

const layers = [784, 256, 128, 64, 10];
const names = ["ly1", "ly2", "ly3", "oply"];

/** Seeds besides 0 of which there are runs of PyTorch's. */
const otherSeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function question3(job: AddJob, data: Handles<typeof normalize.outputs>): void {
  const { metrics: _, ...sets } = data;
  const training = {
    images: data["train-images"],
    labels: data["train-labels"],
    scale: data["pixel-scale"],
  };

  /** Draws, trains and evaluates a network from a seed. */
  const trained = (
    name: string,
    network: { layers: number[]; names: string[] },
    seed: number,
    optional = false,
  ) => {
    const { names } = network;
    const initial = job(`init-check/${name}`, initCheck, {
      inputs: {},
      parameters: { law: "uniform", ...network, seed },
      optional,
    });
    const course = job(`train/${name}`, trainOnDevice, {
      inputs: { initial: initial.weights, generator: initial.generator, ...training },
      parameters: { names },
      optional,
    });
    const { evaluation, probabilities } = job(`evaluate/${name}`, evaluateOnDevice, {
      inputs: { weights: course.weights, ...sets },
      parameters: { names },
      optional,
    });
    return {
      initial,
      history: course.history,
      losses: course["batch-losses"],
      trained: course.trained,
      evaluation,
      probabilities,
    };
  };

  /** Holds a training against PyTorch's of the same seed. */
  const parity = (
    name: string,
    { history, losses, evaluation }: ReturnType<typeof trained>,
    seed: number,
    optional = false,
  ) =>
    job(`parity/${name}`, comparePytorch, {
      inputs: { history, "batch-losses": losses, evaluation },
      parameters: { seed },
      optional,
    });

  const mlp = trained("fashion-mlp", { layers, names }, 0);
  const besidePytorch = parity("fashion-mlp", mlp, 0);
  const { curves, gap } = job("compare/fashion-mlp", compareCurves, {
    inputs: { history: mlp.history, evaluation: mlp.evaluation },
  });
  const { samples } = job("compare/fashion-samples", compareSamples, {
    inputs: {
      evaluation: mlp.evaluation,
      probabilities: mlp.probabilities,
      labels: data["test-labels"],
    },
  });
  const logistic = trained("fashion-logistic", { layers: [784, 10], names: ["oply"] }, 0);
  job("visualize/question-3", visualizeQuestion3, {
    inputs: {
      history: mlp.history,
      evaluation: mlp.evaluation,
      probabilities: mlp.probabilities,
      trained: mlp.trained,
      "logistic-evaluation": logistic.evaluation,
      "logistic-trained": logistic.trained,
      "test-images": data["test-images"],
      "test-labels": data["test-labels"],
    },
  });
  job("visualize/question-3-reported", visualizeQuestion3Reported, {
    inputs: { curves, parity: besidePytorch.parity },
  });

  const others = otherSeeds.map((seed) => {
    const name = `fashion-mlp-seed-${seed}`;
    const other = trained(name, { layers, names }, seed, true);
    parity(name, other, seed, true);
    return other;
  });
  job("compare/fashion-longer", compareLonger, {
    inputs: {
      "seed-0-history": mlp.history,
      "seed-0-evaluation": mlp.evaluation,
      "seed-1-history": others[0].history,
      "seed-1-evaluation": others[0].evaluation,
    },
    optional: true,
  });

  const laws: Record<Compared, { law: NormalLaw; scale?: number } | undefined> = {
    /** The weights of the long training. */
    default: undefined,
    lecun: { law: "lecun" },
    glorot: { law: "glorot" },
    he: { law: "he" },
    /** He's with the variance of the framework's own. */
    "he-sixth": { law: "he", scale: Math.sqrt(1 / 6) },
    "he-tenth": { law: "he", scale: 0.1 },
    "he-tenfold": { law: "he", scale: 10 },
  };
  /** A PyTorch program draws the default weights before it sets others, so all see the same batches. */
  const { generator } = mlp.initial;
  /** Predicts the first batch under a law's weights, then trains three epochs from them. */
  const short = <Name extends Compared>(name: Name) => {
    const law = laws[name];
    const initial = law === undefined ? mlp.initial : job(`init-check/fashion-${name}`, initCheck, {
      inputs: {},
      parameters: { layers, names, ...law },
    });
    const { moments } = job(`init-check/fashion-${name}-first-batch`, initCheckBatch, {
      inputs: { weights: initial.weights, report: initial.report, generator, ...training },
      parameters: { names },
    });
    const { history } = job(`train/fashion-${name}`, trainOnDevice, {
      inputs: { initial: initial.weights, generator, ...training },
      parameters: { names, epochs: 3, onDivergence: "record" },
    });
    return under(name, { moments, history });
  };
  const [byDefault, he] = [short("default"), short("he")];
  const { initialisations } = job("compare/fashion-initialisations", compareInitialisations, {
    inputs: {
      ...byDefault,
      ...short("lecun"),
      ...short("glorot"),
      ...he,
      ...short("he-sixth"),
      ...short("he-tenth"),
      ...short("he-tenfold"),
    },
  });
  job("visualize/question-3-initialisations", visualizeQuestion3Initialisations, {
    inputs: { initialisations },
  });
  job("claims/fashion-mnist", judgeQuestion3, {
    inputs: {
      history: mlp.history,
      evaluation: mlp.evaluation,
      curves,
      gap,
      samples,
      initialisations,
      "default-moments": byDefault["default-moments"],
      "he-moments": he["he-moments"],
      "logistic-history": logistic.history,
    },
  });
}

/** The handles under names that begin with `name` and "-". */
function under<Name extends string, H extends object>(name: Name, handles: H) {
  type Named = { [Key in keyof H & string as `${Name}-${Key}`]: H[Key] };
  return Object.fromEntries(
    Object.entries(handles).map(([key, handle]) => [`${name}-${key}`, handle]),
  ) as Named;
}
