/** The DAG of the example: our data and evaluation, and PyTorch's training between them. */
import { defineDag } from "../../../pipeline/mod.ts";
import { download } from "../../../stages/download/download.ts";
import { evaluateOnDevice } from "../../../stages/evaluate/evaluate_on_device.ts";
import { normalize } from "../../../stages/normalize/normalize.ts";
import { trainPytorch } from "./train_pytorch.ts";

export const dag = defineDag((job) => {
  const files = job("download/fashion-mnist", download, {
    inputs: {},
    parameters: { dataSet: "fashion-mnist" },
  });
  const { metrics: _, ...data } = job("normalize/fashion-mnist", normalize, { inputs: files });
  // The names of our own training and evaluation, with which `diff` compares them.
  const { weights } = job("train/fashion-mlp", trainPytorch, { inputs: files });
  job("evaluate/fashion-mlp", evaluateOnDevice, {
    inputs: { weights, ...data },
    parameters: { names: ["ly1", "ly2", "ly3", "oply"] },
  });
}, { resources: { "train-pytorch": { minutes: 30, memory: 2048 } } });
