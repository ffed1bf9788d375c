/** Creates a classifier on a backend and loads only that backend's code. */
import {
  type BackendName,
  checkImages,
  type Classifier,
  type ClassifierData,
  type PackedImages,
} from "./classifier.ts";
import type { Layer } from "./layers.ts";

/**
 * A classifier with these layers as its first weights, to be trained on these images. `threads` are those
 * of the backend `wasm`.
 * @throws {RangeError} when shapes or labels do not fit
 * @throws {DeviceError} when the backend has no device, or too little memory
 */
export async function createClassifier(
  backend: BackendName,
  layers: readonly Layer<Float32Array>[],
  names: readonly string[],
  train: { images: PackedImages; labels: Uint8Array },
  options: { threads?: number } = {},
): Promise<Classifier> {
  const data = { layers, names, ...train };
  checkData(data);
  if (backend === "webgpu") {
    const { createWebgpuClassifier } = await import("./classifier_webgpu.ts");
    return createWebgpuClassifier(data);
  }
  const { createWasmClassifier } = await import("./classifier_wasm.ts");
  return createWasmClassifier(data, options);
}

function checkData({ layers, names, images, labels }: ClassifierData): void {
  const fits = layers.length > 0 &&
    layers.every(({ inputs, outputs, weight, bias }, l) =>
      inputs === (l === 0 ? images.width : layers[l - 1].outputs) &&
      weight.length === inputs * outputs && bias.length === outputs
    );
  if (!fits) {
    throw new RangeError(
      `expected layers that fit each other and images ${images.width} pixels wide, found ` +
        layers.map((d) => `${d.inputs}-${d.outputs} (${d.weight.length}, ${d.bias.length})`)
          .join(", "),
    );
  }
  if (names.length !== layers.length) {
    throw new RangeError(
      `expected a name for each of ${layers.length} layers, found ${names.length}`,
    );
  }
  if (labels.length !== images.samples) {
    throw new RangeError(
      `expected a label for each of ${images.samples} images, found ${labels.length}`,
    );
  }
  checkImages(images, images.width);
  const classes = layers[layers.length - 1].outputs;
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new RangeError(
      `expected labels below ${classes}, found ${labels[wrong]} at sample ${wrong}`,
    );
  }
}
