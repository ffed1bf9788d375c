/**
 * tfjs's WebGPU backend on a device of ours, and its other backends under the same roof. The kernels
 * that are registered with it are in `kernels.ts`.
 */
import { type Device, type DeviceOptions, openDevice } from "./device.ts";
import { LIMITS } from "./network.ts";
import type { Tiling } from "./shaders.ts";

export type Tfjs = typeof import("@tensorflow/tfjs");

/** tfjs, without its greeting and its advice, which it prints at the first operation. */
export async function loadTfjs(): Promise<Tfjs> {
  const tf = await import("@tensorflow/tfjs");
  tf.enableProdMode();
  return tf;
}

let opened: { readonly device: Promise<Device>; readonly tiling: Tiling | undefined } | undefined;

/**
 * The device under tfjs's backend `webgpu`, which is the current one afterwards. Opened at the first
 * call, and anew when it failed or other options are given; tensors on the one before are gone then.
 * @throws {DeviceError} when there is no device to be had
 */
export async function useWebgpu(
  options: DeviceOptions = {},
): Promise<{ tf: Tfjs; device: Device }> {
  const tf = await loadTfjs();
  const plain = options.gpu === undefined && options.limits === undefined;
  let device = plain && options.tiling === opened?.tiling ? await opened?.device : undefined;
  if (device === undefined || device.failed) {
    opened = { device: openUnder(tf, options), tiling: options.tiling };
    device = await opened.device.catch((error) => {
      opened = undefined;
      throw error;
    });
  }
  await tf.setBackend("webgpu");
  return { tf, device };
}

/** Opens a device and puts tfjs's backend `webgpu` on it. */
async function openUnder(tf: Tfjs, options: DeviceOptions): Promise<Device> {
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  const device = await openDevice({ ...options, limits: { ...LIMITS, ...options.limits } });
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new WebGPUBackend(device.gpu, device.info));
  return device;
}

/** tfjs with its backend `wasm` as the current one. */
export async function useWasm(): Promise<Tfjs> {
  const tf = await loadTfjs();
  await import("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend("wasm");
  return tf;
}
