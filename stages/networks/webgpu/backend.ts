/**
 * Opens tfjs's WebGPU backend on a device of ours, and its WebAssembly and JavaScript backends. Each
 * is loaded by what uses it. `kernels.ts` registers the kernels.
 */
import { type Device, type DeviceOptions, openDevice } from "./device.ts";
import { LIMITS } from "./network.ts";

export type Tfjs = typeof import("@tensorflow/tfjs-core");

/** tfjs without a backend, and without its advice, which it prints at the first operation. */
export async function loadTfjs(): Promise<Tfjs> {
  const tf = await import("@tensorflow/tfjs-core");
  tf.enableProdMode();
  return tf;
}

let opened: { device: Promise<Device>; tiling: DeviceOptions["tiling"] } | undefined;

/**
 * The device under tfjs's backend `webgpu`, which is the current one afterwards. Opened at the first
 * call, and anew when it is lost or other options are given; tensors on it are gone then.
 * @throws {DeviceError} when there is no device to be had
 */
export async function useWebgpu(
  options: DeviceOptions = {},
): Promise<{ tf: Tfjs; device: Device }> {
  const tf = await loadTfjs();
  let device = await opened?.device;
  const fits = device !== undefined && !device.failed && options.gpu === undefined &&
    options.limits === undefined && options.tiling === opened?.tiling;
  if (device === undefined || !fits) {
    const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
    device = await openDevice({ ...options, limits: { ...LIMITS, ...options.limits } });
    const { gpu, info } = device;
    // The package registers one of its own; after `closeWebgpu` there is none.
    if (tf.findBackendFactory("webgpu") !== null) tf.removeBackend("webgpu");
    tf.registerBackend("webgpu", () => new WebGPUBackend(gpu, info));
    opened = { device: Promise.resolve(device), tiling: options.tiling };
  }
  await tf.setBackend("webgpu");
  return { tf, device };
}

/** Gives up the device under tfjs's backend `webgpu`, if there is one, with all tensors on it. */
export async function closeWebgpu(): Promise<void> {
  if (opened === undefined) return;
  const { gpu } = await opened.device;
  opened = undefined;
  await gpu.queue.onSubmittedWorkDone();
  const tf = await loadTfjs();
  tf.removeBackend("webgpu");
  gpu.destroy();
  await gpu.lost;
}

/** tfjs with its backend `wasm` as the current one. */
export async function useWasm(): Promise<Tfjs> {
  const tf = await loadTfjs();
  await import("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend("wasm");
  return tf;
}

/** tfjs with its backend `cpu`, in JavaScript, as the current one. */
export async function useCpu(): Promise<Tfjs> {
  const tf = await loadTfjs();
  await import("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  return tf;
}
