/** Opens a classifier on the backend and adapter that a job's key names. */
import type { Effects } from "../../pipeline/engine/effects.ts";
import type { Classifier, PackedImages } from "./classifier.ts";
import { createClassifier } from "./create_classifier.ts";
import type { Layer } from "./layers.ts";

export type { Classifier } from "./classifier.ts";

/** @throws {Error} where the adapter is not the one that the key was made with */
export async function openClassifier(
  { machine: { backend, adapter }, settings: { threads } }: Pick<Effects, "machine" | "settings">,
  layers: readonly Layer<Float32Array>[],
  names: readonly string[],
  train: { images: PackedImages; labels: Uint8Array },
): Promise<Classifier & AsyncDisposable> {
  if (!backend) throw new Error("expected the key to name a backend, found none");
  const classifier = await createClassifier(backend, layers, names, train, { threads });
  const found = classifier.backend.adapter;
  if (found !== null && !adapter?.startsWith(found)) {
    classifier.dispose();
    throw new Error(
      `expected the adapter ${adapter}, which the key names, found ${found}; run again`,
    );
  }
  return {
    ...classifier,
    async [Symbol.asyncDispose]() {
      classifier.dispose();
      // A worker that ends while it has a device can take the process with it.
      if (backend === "webgpu") await (await import("./webgpu/backend.ts")).closeWebgpu();
    },
  };
}
