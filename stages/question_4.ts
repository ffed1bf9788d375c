/**
 * Adds question 4's jobs: MNIST by hand-written backpropagation, for the network as described, as
 * listed and on raw pixels, and the measurements that its claims need.
 */
import type { AddJob } from "../pipeline/engine/dag.ts";
import { compareSigmoidForms } from "./train/sigmoid_forms.ts";
import { countDeltaOperations } from "./train/delta_operations.ts";
import { checkGradients } from "./train/check_gradients.ts";
import { evaluateByHand } from "./evaluate/evaluate_by_hand.ts";
import { evaluateUntrained } from "./evaluate/evaluate_untrained.ts";
import { measureGradientScale } from "./train/gradient_scale.ts";
import { initCheckBatchByHand } from "./init_check/init_check_batch_by_hand.ts";
import { initCheck } from "./init_check/init_check.ts";
import { judgeQuestion4 } from "./claims/judge_question_4.ts";
import { type DataSet, testOf, trainingOf } from "./normalize/dataset.ts";
import { measureSummationOrders } from "./train/summation_orders.ts";
import { trainByHand } from "./train/train_by_hand.ts";
import { visualizeQuestion4 } from "./visualize/visualize_question_4.ts";

/** The seed of the assignment's listing. */
const assignmentSeed = 80085;

export function question4(job: AddJob, mnist: DataSet, rawMnist: DataSet): void {
  const drawn = (name: string, layers: number[], seed = assignmentSeed) =>
    job(`init-check/${name}`, initCheck, {
      inputs: {},
      parameters: {
        law: "gaussian",
        layers,
        names: layers.slice(1).map((_, l) => `layer-${l + 1}`),
        precision: "float64",
        seed,
      },
    });
  const asDescribed = drawn("mnist-scratch", [784, 32, 32, 10]);
  const asListed = drawn("mnist-as-listed", [784, 32, 10]);
  /** Trains and evaluates one network of question 4. */
  const network = (name: string, initial: typeof asDescribed, data: DataSet) => {
    const { weights } = job(`train/${name}`, trainByHand, {
      inputs: { initial: initial.weights, ...trainingOf(data) },
    });
    const { evaluation, probabilities } = job(`evaluate/${name}`, evaluateByHand, {
      inputs: { weights, ...testOf(data) },
    });
    return { weights, evaluation, probabilities };
  };
  const described = network("mnist-scratch", asDescribed, mnist);
  const listed = network("mnist-as-listed", asListed, mnist);
  const raw = network("mnist-raw-pixels", asDescribed, rawMnist);

  job("visualize/question-4", visualizeQuestion4, {
    inputs: {
      described: described.evaluation,
      listed: listed.evaluation,
      raw: raw.evaluation,
      probabilities: described.probabilities,
      "test-images": mnist["test-images"],
      "test-labels": mnist["test-labels"],
    },
  });

  /** Measures the network as described on pixels of one scale. */
  const scaleOf = (name: string, data: DataSet) => {
    const { orders } = job(`summation-orders/${name}`, measureSummationOrders, {
      inputs: { initial: asDescribed.weights, ...data },
    });
    const { scale } = job(`gradient-scale/${name}`, measureGradientScale, {
      inputs: { initial: asDescribed.weights, ...trainingOf(data) },
    });
    return { orders, scale };
  };
  const ofScaled = scaleOf("mnist-scratch", mnist);
  const ofRaw = scaleOf("mnist-raw-pixels", rawMnist);
  const { gradients } = job("check-gradients/mnist-scratch", checkGradients, {
    inputs: { weights: described.weights, ...trainingOf(mnist) },
  });
  const { untrained } = job("evaluate/mnist-untrained", evaluateUntrained, {
    inputs: { initial: asDescribed.weights, ...testOf(mnist) },
  });
  const { operations } = job("delta-operations/mnist-scratch", countDeltaOperations, {
    inputs: { weights: described.weights, ...trainingOf(mnist) },
  });
  const { forms } = job("sigmoid-forms", compareSigmoidForms, { inputs: {} });
  // No network of the assignment has a layer with more outputs than inputs.
  const widening = drawn("mnist-widening", [10, 32, 784], assignmentSeed + 1);
  const firstBatch = (name: string, { weights, report }: typeof asDescribed) =>
    job(`init-check/${name}-first-batch`, initCheckBatchByHand, {
      inputs: { weights, report, ...trainingOf(mnist) },
    });
  const batch = firstBatch("mnist-scratch", asDescribed);
  firstBatch("mnist-as-listed", asListed);
  job("claims/mnist", judgeQuestion4, {
    inputs: {
      described: described.evaluation,
      listed: listed.evaluation,
      raw: raw.evaluation,
      "scaled-orders": ofScaled.orders,
      "raw-orders": ofRaw.orders,
      gradients,
      "scaled-gradients": ofScaled.scale,
      "raw-gradients": ofRaw.scale,
      moments: batch.moments,
      "weighted-inputs": batch["weighted-inputs"],
      untrained,
      operations,
      forms,
      "described-weights": asDescribed.report,
      "listed-weights": asListed.report,
      "widening-weights": widening.report,
    },
  });
}
