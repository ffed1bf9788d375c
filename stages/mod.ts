/**
 * The DAG of the assignment, readable top to bottom. A stage is a file beside this one; a job is one
 * named use of it. Parameters that an experiment may choose are left to the experiments.
 */
import { defineDag } from "../pipeline/dag.ts";
import { compareReported } from "./compare_reported.ts";
import { download } from "./download.ts";
import { evaluateByHand } from "./evaluate_by_hand.ts";
import { expressivity } from "./expressivity.ts";
import { initCheckActivations } from "./init_check_activations.ts";
import { initCheckDepth } from "./init_check_depth.ts";
import { initCheckDesign } from "./init_check_design.ts";
import { initCheckGaussian } from "./init_check_gaussian.ts";
import { initCheckLayer } from "./init_check_layer.ts";
import { judgeClaims } from "./judge_claims.ts";
import { normalize } from "./normalize.ts";
import { question3 } from "./question_3.ts";
import { trainByHand } from "./train_by_hand.ts";
import { visualizeQuestion4 } from "./visualize_question_4.ts";

/** The seed of question 4's listing. */
const documentSeed = 80085;

export const dag = defineDag((job) => {
  const networks = job("expressivity", expressivity, { inputs: {} });

  const { design } = job("init-check/theory-design", initCheckDesign, { inputs: {} });
  const layer = (direction: "forward" | "backward") =>
    job(`init-check/theory-${direction}`, initCheckLayer, {
      inputs: { design },
      parameters: { direction },
    }).layer;
  const [forward, backward] = [layer("forward"), layer("backward")];
  const { depth } = job("init-check/theory-depth", initCheckDepth, { inputs: { design } });
  const { activations } = job("init-check/theory-activations", initCheckActivations, {
    inputs: {},
  });
  const { exactness, errors, dimensions, distances } = networks;
  job("claims/theory", judgeClaims, {
    inputs: { exactness, errors, dimensions, distances, forward, backward, depth, activations },
  });

  const mnistFiles = job("download/mnist", download, {
    inputs: {},
    parameters: { dataSet: "mnist" },
  });
  const fashionFiles = job("download/fashion-mnist", download, {
    inputs: {},
    parameters: { dataSet: "fashion-mnist" },
  });

  const mnist = job("normalize/mnist", normalize, { inputs: mnistFiles });
  const rawMnist = job("normalize/mnist-raw-pixels", normalize, {
    inputs: mnistFiles,
    parameters: { divisor: 1 },
  });
  const fashion = job("normalize/fashion-mnist", normalize, { inputs: fashionFiles });

  const asDescribed = job("init-check/mnist-scratch", initCheckGaussian, {
    inputs: {},
    parameters: { layers: [784, 32, 32, 10], seed: documentSeed },
  });
  const asListed = job("init-check/mnist-as-listed", initCheckGaussian, {
    inputs: {},
    parameters: { layers: [784, 32, 10], seed: documentSeed },
  });
  /** Trains and evaluates one network of question 4, and holds it against what was reported. */
  const question4 = (
    name: string,
    initial: typeof asDescribed,
    data: typeof mnist,
    reported: "as-described" | "as-listed" | "raw-pixels",
  ) => {
    const { weights } = job(`train/${name}`, trainByHand, {
      inputs: {
        initial: initial.weights,
        images: data["train-images"],
        labels: data["train-labels"],
      },
    });
    const { evaluation } = job(`evaluate/${name}`, evaluateByHand, {
      inputs: { weights, images: data["test-images"], labels: data["test-labels"] },
    });
    job(`compare/${name}`, compareReported, {
      inputs: { evaluation },
      parameters: { reported },
    });
    return evaluation;
  };
  const described = question4("mnist-scratch", asDescribed, mnist, "as-described");
  const listed = question4("mnist-as-listed", asListed, mnist, "as-listed");
  question4("mnist-raw-pixels", asDescribed, rawMnist, "raw-pixels");

  job("visualize/question-4", visualizeQuestion4, { inputs: { described, listed } });

  question3(job, fashion);
});
