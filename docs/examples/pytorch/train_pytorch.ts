/** `train-pytorch`: trains question 3's network in PyTorch, with the outputs of `train-on-device`. */
import { z } from "zod";
import { commandStage, param } from "../../../pipeline/mod.ts";
import {
  batchLosses,
  deviceMetrics,
  trainedFloat32,
  weightsByEpochFloat32,
} from "../../../stages/networks/network_artifacts.ts";
import { idxFiles } from "../../../stages/normalize/dataset.ts";

const at = <Name extends keyof typeof idxFiles>(name: Name) => ({
  path: `data/${name}`,
  type: idxFiles[name],
});

export const trainPytorch = commandStage({
  name: "train-pytorch",
  module: import.meta.url,
  about: "trains a ReLU network by SGD in PyTorch",
  command: [
    "python3",
    "docs/examples/pytorch/train.py",
    param("epochs"),
    param("learningRate"),
    param("batchSize"),
    param("seed"),
  ],
  parameters: z.strictObject({
    epochs: z.int().positive().default(25),
    learningRate: z.number().positive().default(0.01),
    batchSize: z.int().positive().default(64),
    seed: z.int().nonnegative().default(0),
  }),
  files: ["docs/examples/pytorch/train.py"],
  data: {
    "train-images-idx3-ubyte": at("train-images-idx3-ubyte"),
    "train-labels-idx1-ubyte": at("train-labels-idx1-ubyte"),
    "t10k-images-idx3-ubyte": at("t10k-images-idx3-ubyte"),
    "t10k-labels-idx1-ubyte": at("t10k-labels-idx1-ubyte"),
  },
  versions: { torch: ["python3", "-c", "import torch; print(torch.__version__)"] },
  outputs: {
    weights: { path: "weights.safetensors", type: weightsByEpochFloat32 },
    trained: { path: "trained.safetensors", type: trainedFloat32 },
    "batch-losses": { path: "batch-losses.npy", type: batchLosses },
    metrics: { path: "metrics.json", type: deviceMetrics },
  },
});
