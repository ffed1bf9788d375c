/**
 * Declares the DAG of the assignment, top to bottom. A job is one named use of a stage. Experiments
 * choose the parameters that the DAG leaves open.
 */
import { defineDag } from "../pipeline/engine/dag.ts";
import { download } from "./download/download.ts";
import { expressivity } from "./expressivity/expressivity.ts";
import { initCheckActivations } from "./init_check/init_check_activations.ts";
import { initCheckAssumptions } from "./init_check/init_check_assumptions.ts";
import { initCheckDepth } from "./init_check/init_check_depth.ts";
import { initCheckDesign } from "./init_check/init_check_design.ts";
import { initCheckLayer } from "./init_check/init_check_layer.ts";
import { judgeClaims } from "./claims/judge_claims.ts";
import type { DataSet } from "./normalize/dataset.ts";
import { normalize } from "./normalize/normalize.ts";
import { question3 } from "./question_3.ts";
import { question4 } from "./question_4.ts";
import { resources } from "./experiments/resources.ts";
import { visualizeQuestion1 } from "./visualize/visualize_question_1.ts";
import { visualizeQuestion2 } from "./visualize/visualize_question_2.ts";

export const dag = defineDag((job) => {
  const { metrics: _, contrasts, ...stepNetworks } = job("expressivity", expressivity, {
    inputs: {},
  });
  job("visualize/question-1", visualizeQuestion1, { inputs: stepNetworks });

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
  const { assumptions } = job("init-check/theory-assumptions", initCheckAssumptions, {
    inputs: {},
  });
  job("visualize/question-2", visualizeQuestion2, {
    inputs: { forward, backward, depth, activations },
  });
  const { exactness, errors, dimensions, distances } = stepNetworks;
  job("claims/theory", judgeClaims, {
    inputs: {
      exactness,
      errors,
      dimensions,
      distances,
      contrasts,
      forward,
      backward,
      depth,
      activations,
      assumptions,
    },
  });

  const mnistFiles = job("download/mnist", download, {
    inputs: {},
    parameters: { dataSet: "mnist" },
  });
  const fashionFiles = job("download/fashion-mnist", download, {
    inputs: {},
    parameters: { dataSet: "fashion-mnist" },
  });

  const arrays = (name: string, files: typeof mnistFiles, parameters = {}): DataSet => {
    const { metrics: _, ...data } = job(name, normalize, { inputs: files, parameters });
    return data;
  };
  const mnist = arrays("normalize/mnist", mnistFiles);
  const rawMnist = arrays("normalize/mnist-raw-pixels", mnistFiles, { divisor: 1 });
  const fashion = arrays("normalize/fashion-mnist", fashionFiles);

  question3(job, fashion);
  question4(job, mnist, rawMnist);
}, { resources });
