/** Errors in question 3: comparisons of training curves and pictures. */
import type { Plant } from "./plant.ts";

const comparisons = ["tests/stages/compare/comparisons_test.ts"];
const statistics = ["tests/stages/compare/comparison_statistics_test.ts"];
const claims = ["tests/stages/claims/claims_3_test.ts"];
const classification = ["tests/stages/evaluate/classification_test.ts"];

const classifier = ["tests/stages/networks/classifier_test.ts"];

export const plants3: Plant[] = [
  {
    name: "gap-of-another-epoch",
    file: "stages/compare/compare_curves.ts",
    find: 'rows["test-loss"].at(-1)! - rows["train-loss"].at(-1)!',
    replace: 'rows["test-loss"].at(-1)! - rows["train-loss"].at(-2)!',
    noticedBy: statistics,
  },
  {
    name: "gap-after-another-epoch",
    file: "stages/compare/compare_curves.ts",
    find: "after: evaluation.epochs.at(-1)!.lossOfBatches",
    replace: "after: evaluation.epochs.at(0)!.lossOfBatches",
    noticedBy: statistics,
  },
  {
    name: "run-judged-by-itself",
    file: "stages/compare/compare_curves.ts",
    find: "replicates.filter((run) => run.seed !== seed)",
    replace: "replicates.filter(() => true)",
    noticedBy: statistics,
  },
  {
    name: "curves-judged-without-their-last-epoch",
    file: "stages/compare/compare_curves.ts",
    find: "{ length: until },",
    replace: "{ length: until - 1 },",
    noticedBy: statistics,
  },
  {
    name: "offset-of-the-first-epoch",
    file: "stages/compare/compare_curves.ts",
    find: "meanInterval(mean(of), curves",
    replace: "meanInterval(of[0], curves",
    noticedBy: statistics,
  },
  {
    name: "spread-of-another-epoch",
    file: "stages/compare/compare_initialisations.ts",
    find: "({ epochs: [first] }) => first.train_loss",
    replace: "({ epochs: [, second] }) => second.train_loss",
    noticedBy: statistics,
  },
  {
    name: "first-156-images",
    file: "stages/compare/compare_samples.ts",
    find: "labels.data.subarray(0, bound)",
    replace: "labels.data.subarray(0, bound - 1)",
    noticedBy: statistics,
  },
  {
    name: "batches-rounded-down",
    file: "stages/compare/compare_samples.ts",
    find: "Math.ceil(evaluation.samples / evaluation.batchSize)",
    replace: "Math.floor(evaluation.samples / evaluation.batchSize)",
    noticedBy: statistics,
  },
  {
    name: "true-class-second-or-first",
    file: "stages/compare/compare_samples.ts",
    find: "if (above === 1) trueSecond++;",
    replace: "if (above <= 1) trueSecond++;",
    noticedBy: claims,
  },
  {
    name: "highest-loss-for-the-lowest",
    file: "stages/compare/compare_longer.ts",
    find: "b.testLoss < a.testLoss ? b : a",
    replace: "b.testLoss > a.testLoss ? b : a",
    noticedBy: statistics,
  },
  {
    name: "parity-without-its-sign",
    file: "stages/compare/compare_pytorch.ts",
    find: "Math.max(...rows.map((row) => Math.abs(row[name])))",
    replace: "Math.max(...rows.map((row) => row[name]))",
    noticedBy: comparisons,
    filter: "PyTorch's own",
  },
  {
    name: "first-losses-not-relative",
    file: "stages/compare/compare_pytorch.ts",
    find: ".data[i] / loss - 1)),",
    replace: ".data[i] - loss)),",
    noticedBy: statistics,
  },
  {
    name: "short-batch-divided-by-the-batch-size",
    file: "stages/networks/batches.ts",
    find: "return sum / (end - batch * batchSize);",
    replace: "return sum / batchSize;",
    noticedBy: comparisons,
    filter: "mean of batch means",
  },
  {
    name: "loss-without-its-largest-logit",
    file: "stages/networks/batches.ts",
    find: "Math.log(sum) + row[best] - row[labels[sample]]",
    replace: "Math.log(sum) - row[labels[sample]]",
    noticedBy: comparisons,
    filter: "probabilities sum to 1",
  },
  {
    name: "confusion-transposed",
    file: "stages/evaluate/classification.ts",
    find: "counts[labels[i] * classes + predictions[i]]++;",
    replace: "counts[predictions[i] * classes + labels[i]]++;",
    noticedBy: classification,
  },
  {
    name: "precision-and-recall-swapped",
    file: "stages/evaluate/classification.ts",
    find: "confusion.reduce((sum, row) => sum + row[c], 0)",
    replace: "confusion[c].reduce((sum, count) => sum + count, 0)",
    noticedBy: classification,
  },
  {
    name: "rectifier-without-its-slope",
    file: "stages/networks/wasm/dense_wat.ts",
    find: "`(v128.and ${value} (f32x4.gt ${output} ${zero}))`",
    replace: "`(v128.and ${value} (f32x4.ge ${output} ${zero}))`",
    noticedBy: classifier,
  },
  {
    name: "threads-share-what-is-not-theirs",
    file: "stages/networks/wasm/dense_steps.ts",
    find: "Math.floor(count * (thread + 1) / threads),",
    replace: "Math.floor(count * thread / threads) + Math.floor(count / threads),",
    noticedBy: classifier,
  },
  {
    name: "gradient-of-the-sum-of-losses",
    file: "stages/networks/wasm/dense_wat.ts",
    find: '(f64.convert_i32_u ${get("count")})))`',
    replace: "(f64.const 1)))`",
    noticedBy: classifier,
  },
];
