/**
 * Adds question 3's jobs: training on FashionMNIST through tfjs, comparisons with PyTorch's runs and
 * the assignment's values, the same from other seeds, and short trainings under other initial weights.
 */
import type { AddJob } from "../pipeline/engine/dag.ts";
import { compareCurves } from "./compare/compare_curves.ts";
import { type Compared, compareInitialisations } from "./compare/compare_initialisations.ts";
import { compareLonger } from "./compare/compare_longer.ts";
import { comparePredictions } from "./compare/compare_predictions.ts";
import { comparePytorch } from "./compare/compare_pytorch.ts";
import { compareSamples } from "./compare/compare_samples.ts";
import { evaluateOnDevice } from "./evaluate/evaluate_on_device.ts";
import { initCheck } from "./init_check/init_check.ts";
import { initCheckBatch } from "./init_check/init_check_batch.ts";
import type { NormalLaw } from "./init_check/weight_laws.ts";
import { judgeQuestion3 } from "./claims/judge_question_3.ts";
import { type DataSet, trainingOf } from "./normalize/dataset.ts";
import { trainOnDevice } from "./train/train_on_device.ts";
import { visualizeQuestion3 } from "./visualize/visualize_question_3.ts";
import { visualizeQuestion3Initialisations } from "./visualize/visualize_question_3_initialisations.ts";
import { visualizeQuestion3Reported } from "./visualize/visualize_question_3_reported.ts";

const layers = [784, 256, 128, 64, 10];
const names = ["ly1", "ly2", "ly3", "oply"];
const mlpNetwork = { layers, names };
const logisticNetwork = { layers: [784, 10], names: ["oply"] };

/** Seeds besides 0 that PyTorch has been run with. */
const otherSeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];

type Trained = ReturnType<typeof trainAndEvaluate>;

export function question3(job: AddJob, data: DataSet): void {
  const mlp = trainAndEvaluate(job, data, "fashion-mlp", mlpNetwork, { seed: 0 });
  const logistic = trainAndEvaluate(job, data, "fashion-logistic", logisticNetwork, { seed: 0 });
  const { parity } = compareWithPytorch(job, "fashion-mlp", mlp, { seed: 0 });
  const { curves, gap } = job("compare/fashion-mlp", compareCurves, {
    inputs: { initial: mlp.initial.report, history: mlp.history, evaluation: mlp.evaluation },
  });
  const { samples } = job("compare/fashion-samples", compareSamples, {
    inputs: {
      initial: mlp.initial.report,
      evaluation: mlp.evaluation,
      probabilities: mlp.probabilities,
      labels: data["test-labels"],
    },
  });
  const { predictions } = job("compare/fashion-predictions", comparePredictions, {
    inputs: {
      network: mlp.probabilities,
      logistic: logistic.probabilities,
      labels: data["test-labels"],
      "train-labels": data["train-labels"],
    },
  });
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
  job("visualize/question-3-reported", visualizeQuestion3Reported, { inputs: { curves, parity } });

  const others = otherSeeds.map((seed) => {
    const name = `fashion-mlp-seed-${seed}`;
    const other = trainAndEvaluate(job, data, name, mlpNetwork, { seed, optional: true });
    compareWithPytorch(job, name, other, { seed, optional: true });
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

  job("claims/fashion-mnist", judgeQuestion3, {
    inputs: {
      history: mlp.history,
      evaluation: mlp.evaluation,
      curves,
      gap,
      samples,
      predictions,
      ...shortTrainings(job, data, mlp.initial),
      "logistic-history": logistic.history,
    },
  });
}

/** Draws a network's weights from a seed, trains it and evaluates every epoch. */
function trainAndEvaluate(
  job: AddJob,
  data: DataSet,
  name: string,
  network: { layers: number[]; names: string[] },
  { seed, optional = false }: { seed: number; optional?: boolean },
) {
  const { names } = network;
  const initial = job(`init-check/${name}`, initCheck, {
    inputs: {},
    parameters: { law: "uniform", ...network, seed },
    optional,
  });
  const training = job(`train/${name}`, trainOnDevice, {
    inputs: { initial: initial.weights, generator: initial.generator, ...trainingOf(data) },
    parameters: { names },
    optional,
  });
  const { evaluation, probabilities } = job(`evaluate/${name}`, evaluateOnDevice, {
    inputs: { weights: training.weights, ...data },
    parameters: { names },
    optional,
  });
  return {
    initial,
    history: training.history,
    losses: training["batch-losses"],
    trained: training.trained,
    evaluation,
    probabilities,
  };
}

/** Compares a training with PyTorch's from the same seed. */
const compareWithPytorch = (
  job: AddJob,
  name: string,
  { history, losses, evaluation }: Trained,
  { seed, optional = false }: { seed: number; optional?: boolean },
) =>
  job(`parity/${name}`, comparePytorch, {
    inputs: { history, "batch-losses": losses, evaluation },
    parameters: { seed },
    optional,
  });

/** Laws of the short trainings' initial weights; null takes those of the long training. */
const shortLaws: Record<Compared, { law: NormalLaw; scale?: number } | null> = {
  default: null,
  lecun: { law: "lecun" },
  glorot: { law: "glorot" },
  he: { law: "he" },
  /** He's with the variance of the framework's own. */
  "he-sixth": { law: "he", scale: Math.sqrt(1 / 6) },
  "he-tenth": { law: "he", scale: 0.1 },
  "he-tenfold": { law: "he", scale: 10 },
};

/** Predicts the first batch under each law, trains three epochs from it and compares the laws. */
function shortTrainings(job: AddJob, data: DataSet, framework: Trained["initial"]) {
  // A PyTorch program draws the framework's weights before it sets others, so that all laws see the
  // same batches.
  const { generator } = framework;
  const training = trainingOf(data);
  const short = <Name extends Compared>(name: Name) => {
    const law = shortLaws[name];
    const initial = law === null ? framework : job(`init-check/fashion-${name}`, initCheck, {
      inputs: {},
      parameters: { ...mlpNetwork, ...law },
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
  return {
    initialisations,
    "default-moments": byDefault["default-moments"],
    "he-moments": he["he-moments"],
  };
}

/** The handles under names that begin with `name` and "-". */
function under<Name extends string, H extends object>(name: Name, handles: H) {
  type Named = { [Key in keyof H & string as `${Name}-${Key}`]: H[Key] };
  return Object.fromEntries(
    Object.entries(handles).map(([key, handle]) => [`${name}-${key}`, handle]),
  ) as Named;
}
