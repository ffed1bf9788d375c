/** Errors in question 3: comparisons of training curves and pictures. */
import type { Plants } from "./plant.ts";

export const plants3: Plants = {
  "tests/stages/compare/comparison_statistics_test.ts": {
    "stages/compare/compare_curves.ts": {
      "gap-of-another-epoch": {
        find: 'rows["test-loss"].at(-1)! - rows["train-loss"].at(-1)!',
        replace: 'rows["test-loss"].at(-1)! - rows["train-loss"].at(-2)!',
      },
      "gap-after-another-epoch": {
        find: "after: evaluation.epochs.at(-1)!.lossOfBatches",
        replace: "after: evaluation.epochs.at(0)!.lossOfBatches",
      },
      "run-judged-by-itself": {
        find: "replicates.filter((run) => run.seed !== seed)",
        replace: "replicates.filter(() => true)",
      },
      "curves-judged-without-their-last-epoch": {
        find: "{ length: until },",
        replace: "{ length: until - 1 },",
      },
      "offset-of-the-first-epoch": {
        find: "meanInterval(mean(of), curves",
        replace: "meanInterval(of[0], curves",
      },
    },
    "stages/compare/compare_initialisations.ts": {
      "spread-of-another-epoch": {
        find: "({ epochs: [first] }) => first.train_loss",
        replace: "({ epochs: [, second] }) => second.train_loss",
      },
    },
    "stages/compare/compare_samples.ts": {
      "first-156-images": {
        find: "labels.data.subarray(0, bound)",
        replace: "labels.data.subarray(0, bound - 1)",
      },
      "batches-rounded-down": {
        find: "Math.ceil(evaluation.samples / evaluation.batchSize)",
        replace: "Math.floor(evaluation.samples / evaluation.batchSize)",
      },
    },
    "stages/compare/compare_longer.ts": {
      "highest-loss-for-the-lowest": {
        find: "b.testLoss < a.testLoss ? b : a",
        replace: "b.testLoss > a.testLoss ? b : a",
      },
    },
    "stages/compare/compare_pytorch.ts": {
      "first-losses-not-relative": {
        find: ".data[i] / loss - 1)),",
        replace: ".data[i] - loss)),",
      },
    },
  },
  "tests/stages/claims/claims_3_test.ts": {
    "stages/compare/compare_samples.ts": {
      "true-class-second-or-first": {
        find: "if (above === 1) trueSecond++;",
        replace: "if (above <= 1) trueSecond++;",
      },
    },
  },
  "tests/stages/compare/comparisons_test.ts": {
    "stages/compare/compare_pytorch.ts": {
      "parity-without-its-sign": {
        find: "Math.max(...rows.map((row) => Math.abs(row[name])))",
        replace: "Math.max(...rows.map((row) => row[name]))",
        filter: "PyTorch's own",
      },
    },
    "stages/networks/batches.ts": {
      "short-batch-divided-by-the-batch-size": {
        find: "return sum / (end - batch * batchSize);",
        replace: "return sum / batchSize;",
        filter: "mean of batch means",
      },
      "loss-without-its-largest-logit": {
        find: "Math.log(sum) + row[best] - row[labels[sample]]",
        replace: "Math.log(sum) - row[labels[sample]]",
        filter: "probabilities sum to 1",
      },
    },
  },
  "tests/stages/evaluate/classification_test.ts": {
    "stages/evaluate/classification.ts": {
      "confusion-transposed": {
        find: "counts[labels[i] * classes + predictions[i]]++;",
        replace: "counts[predictions[i] * classes + labels[i]]++;",
      },
      "precision-and-recall-swapped": {
        find: "confusion.reduce((sum, row) => sum + row[c], 0)",
        replace: "confusion[c].reduce((sum, count) => sum + count, 0)",
      },
    },
  },
  "tests/stages/networks/every_pixel_test.ts": {
    "stages/networks/wasm/pixels_wat.ts": {
      "pixel-of-the-other-sample-left-out": {
        find: '"second",\n          ),',
        replace: "),",
      },
    },
  },
  "tests/stages/networks/pixel_lists_test.ts": {
    "stages/networks/wasm/dense_layout.ts": {
      "list-without-room-for-padding": {
        find: "tiles * TILE / PAIR, rows)",
        replace: "tiles * TILE / PAIR, layers[0].inputs)",
      },
    },
  },
  "tests/stages/networks/classifier_test.ts": {
    "stages/networks/wasm/dense_wat.ts": {
      "rectifier-without-its-slope": {
        find: "`(v128.and ${value} (f32x4.gt ${output} ${zero}))`",
        replace: "`(v128.and ${value} (f32x4.ge ${output} ${zero}))`",
      },
      "gradient-of-the-sum-of-losses": {
        find: '(f64.convert_i32_u ${get("count")})))`',
        replace: "(f64.const 1)))`",
      },
    },
    "stages/networks/wasm/pixels_wat.ts": {
      "pixel-left-out-beside-one-that-is-0": {
        find: "0xffffn <<",
        replace: "0xffn <<",
      },
    },
    "stages/networks/wasm/dense_network.ts": {
      "zero-times-infinity-left-out": {
        find: "if (whole || parametersAreFinite()) return;",
        replace: "return;",
        filter: "on wasm a gradient",
      },
    },
    "stages/networks/wasm/dense_steps.ts": {
      "threads-share-what-is-not-theirs": {
        find: "Math.floor(count * (thread + 1) / threads),",
        replace: "Math.floor(count * thread / threads) + Math.floor(count / threads),",
      },
    },
    "stages/networks/layers_model.ts": {
      "model-of-biases-before-weights": {
        find: "[weight, bias]);",
        replace: "[bias, weight]);",
        filter: "on wasm the model",
      },
      "model-with-a-last-rectifier": {
        find: 'l < layers.length - 1 ? "relu" : "linear"',
        replace: '"relu"',
        filter: "on wasm the model",
      },
    },
  },
  "tests/stages/networks/pixel_texture_test.ts": {
    "stages/networks/webgpu/network.ts": {
      "pixels-of-the-part-before": {
        find: "bytes.fill(0, at);",
        replace: "bytes.fill(0, bytes.length);",
      },
      "all-images-at-once": {
        find: "const AT_ONCE = 4 << 20;",
        replace: "const AT_ONCE = 1 << 30;",
      },
    },
  },
};
