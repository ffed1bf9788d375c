/**
 * Registers kernels of ours with a backend of tfjs, and runs them: weights and results are tfjs tensors.
 * `webgpu/kernels.ts` and `wasm/dense_kernels.ts` define them.
 */
import type { NamedAttrMap, NamedTensorMap, Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { Tfjs } from "./webgpu/backend.ts";

/** Computes with tensors of a backend; what else it needs comes as attributes. */
type Kernel<Backend, Attributes> = (
  backend: Backend,
  weights: TensorInfo[],
  attributes: Attributes,
) => TensorInfo | TensorInfo[];

/** Registers kernels by their names, once a process. */
export function registerWith<Backend>(
  tf: Tfjs,
  backendName: "webgpu" | "wasm",
  // Each kernel has attributes of its own.
  kernels: Readonly<Record<string, Kernel<Backend, never>>>,
): void {
  for (const [kernelName, run] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName) !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        run(backend as Backend, Object.values(inputs).flat() as TensorInfo[], attrs as never),
    });
  }
}

/** Runs a kernel of ours; `attributes` are objects, which tfjs's type of attributes does not foresee. */
export function runKernel<T>(
  tf: Tfjs,
  kernel: string,
  weights: readonly Tensor[],
  attributes: object,
): T {
  const named: NamedTensorMap = Object.fromEntries(
    weights.map((tensor, i) => [String(i), tensor]),
  );
  return tf.engine().runKernel(kernel, named, attributes as NamedAttrMap) as T;
}
