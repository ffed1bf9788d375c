/**
 * Opens a GPUDevice to train on and reports its failures: no adapter, limits that are too small,
 * too little memory, a lost device.
 */
import { isSoftwareAdapter } from "../../../pipeline/engine/machine/software_adapter.ts";
import { CPU_TILING, GPU_TILING, type Tiling } from "./shaders.ts";

/** A device that could not be had, or not be kept; the message says what to do. */
export class DeviceError extends Error {
  override name = "DeviceError";
}

export interface Device {
  readonly gpu: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly tiling: Tiling;
  /**
   * Does `work`, and rejects as soon as the device is lost or reports an error of its own.
   * @throws {DeviceError}
   */
  watch<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Runs `allocate`, whose buffers and textures are to be had whole or not at all.
   * @throws {DeviceError} when there is too little memory for them
   */
  allocating<T>(what: string, allocate: () => T): Promise<T>;
  /** True if the device is of no more use. */
  readonly failed: boolean;
}

/** Time within which the loss of a device is reported, in ms. */
const GRACE = 1000;

/** Source of adapters; by default the system's. */
export interface DeviceOptions {
  /** Source of adapters. */
  readonly gpu?: Pick<GPU, "requestAdapter">;
  /** Limits that the work needs. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Kernels for another kind of adapter than this one is, to compare or to test them. */
  readonly tiling?: Tiling;
}

/** True if the adapter computes on the CPU, such as Mesa's llvmpipe and SwiftShader. */
export const isSoftware = ({ isFallbackAdapter, description }: GPUAdapterInfo): boolean =>
  isFallbackAdapter || isSoftwareAdapter(description);

/**
 * Asks for an adapter and a device on it.
 * @throws {DeviceError} when there is no adapter or its limits are too small
 */
export async function openDevice(
  { gpu: adapters = navigator.gpu, limits = {}, tiling }: DeviceOptions = {},
): Promise<Device> {
  const adapter = await adapters?.requestAdapter();
  if (!adapter) {
    throw new DeviceError(
      "expected a WebGPU adapter, found none; install a driver for the GPU, or, to compute on the " +
        "CPU, Debian's package mesa-vulkan-drivers, or allow the backend wasm",
    );
  }
  checkLimits(limits, adapter.limits);
  const { info } = adapter;
  const gpu = await adapter.requestDevice({ requiredLimits: { ...limits } });

  let failure: DeviceError | undefined;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  // The next caller that awaits the device gets the error; until then it is none.
  failed.catch(() => {});
  const fail = (message: string) => {
    failure ??= new DeviceError(message);
    reject(failure);
  };
  gpu.lost.then(({ reason, message }) =>
    fail(
      `lost the WebGPU device ${info.description} (${reason}): ${message || "no reason given"}; ` +
        "start the run again, it goes on from its last checkpoint",
    )
  );
  gpu.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    const { message } = (event as GPUUncapturedErrorEvent).error;
    fail(`the WebGPU device ${info.description} reported: ${message}`);
  });
  return {
    gpu,
    info,
    tiling: tiling ?? (isSoftware(info) ? CPU_TILING : GPU_TILING),
    async watch(work) {
      if (failure !== undefined) throw failure;
      try {
        return await Promise.race([work(), failed]);
      } catch (error) {
        // A call on a device that was just lost may fail before the loss is reported.
        await Promise.race([gpu.lost, new Promise((resolve) => setTimeout(resolve, GRACE))]);
        throw failure ?? error;
      }
    },
    async allocating(what, allocate) {
      if (failure !== undefined) throw failure;
      gpu.pushErrorScope("validation");
      gpu.pushErrorScope("out-of-memory");
      // In a promise, so that the scopes are closed when it throws.
      const made = Promise.try(allocate);
      const [memory, validation] = await Promise.all([gpu.popErrorScope(), gpu.popErrorScope()]);
      if (memory === null && validation === null) return made;
      throw new DeviceError(
        memory === null
          ? `${info.description} does not take ${what}: ${validation?.message}`
          : `expected memory for ${what} on ${info.description}, found too little ` +
            `(${memory.message}); close other programs or train on fewer samples`,
      );
    },
    get failed() {
      return failure !== undefined;
    },
  };
}

/** @throws {DeviceError} naming each limit that is too small. */
function checkLimits(needed: Readonly<Record<string, number>>, found: GPUSupportedLimits): void {
  const limits = found as unknown as Record<string, number>;
  const small = Object.entries(needed).filter(([name, value]) => !(limits[name] >= value));
  if (small.length === 0) return;
  throw new DeviceError(
    "expected a WebGPU adapter with " +
      small.map(([name, value]) => `${name} of at least ${value}, found ${limits[name]}`).join(
        "; ",
      ) +
      "; use another adapter or allow the backend wasm",
  );
}
