/**
 * Encodes dispatches: a kernel with the textures and buffers that it reads and writes. Kernels are
 * compiled once a device, because compiling one takes longer than running it a thousand times.
 */

/** Resource at a binding of a kernel, in order. */
export type Binding =
  | { readonly read: GPUTexture }
  | { readonly write: GPUTexture }
  | (GPUBufferBinding & { readonly type: GPUBufferBindingType });

export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [x: number, y: number];
}

interface Kernel {
  readonly layout: GPUBindGroupLayout;
  readonly pipeline: GPUComputePipeline;
}

/** Objects created on a device. */
interface Made {
  readonly step: GPUBindGroupLayout;
  readonly kernels: Map<string, Kernel>;
}

const devices = new WeakMap<GPUDevice, Made>();

function madeOn(gpu: GPUDevice): Made {
  const made = devices.get(gpu) ?? {
    step: gpu.createBindGroupLayout({
      entries: [{
        binding: 0,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "uniform", hasDynamicOffset: true },
      }],
    }),
    kernels: new Map(),
  };
  devices.set(gpu, made);
  return made;
}

/** A step's uniforms, `size` bytes of `buffer` at an offset that is given when encoding. */
export const createStepGroup = (gpu: GPUDevice, buffer: GPUBuffer, size: number): GPUBindGroup =>
  gpu.createBindGroup({
    layout: madeOn(gpu).step,
    entries: [{ binding: 0, resource: { buffer, size } }],
  });

function createKernel(
  gpu: GPUDevice,
  label: string,
  code: string,
  bindings: readonly Binding[],
  constants?: Record<string, number>,
): Kernel {
  const layout = gpu.createBindGroupLayout({
    entries: bindings.map((bound, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      ..."buffer" in bound ? { buffer: { type: bound.type } } : {
        storageTexture: "read" in bound
          ? { access: "read-only", format: bound.read.format }
          : { access: "write-only", format: bound.write.format },
      },
    })),
  });
  const pipeline = gpu.createComputePipeline({
    label,
    layout: gpu.createPipelineLayout({ bindGroupLayouts: [madeOn(gpu).step, layout] }),
    compute: { module: gpu.createShaderModule({ label, code }), constants },
  });
  return { layout, pipeline };
}

/**
 * A dispatch of the kernel with this `code` and `constants`, whose group 1 are the `bindings` and whose
 * group 0 a step's uniforms.
 */
export function createDispatch(
  gpu: GPUDevice,
  { label, code, constants, bindings, workgroups }: {
    label: string;
    code: string;
    constants?: Record<string, number>;
    bindings: readonly Binding[];
    workgroups: readonly [number, number];
  },
): Dispatch {
  const { kernels } = madeOn(gpu);
  const key = JSON.stringify(constants ?? {}) + code;
  const kernel = kernels.get(key) ?? createKernel(gpu, label, code, bindings, constants);
  kernels.set(key, kernel);
  const group = gpu.createBindGroup({
    layout: kernel.layout,
    entries: bindings.map((bound, binding) => ({
      binding,
      resource: "buffer" in bound
        ? { buffer: bound.buffer, offset: bound.offset, size: bound.size }
        : ("read" in bound ? bound.read : bound.write).createView(),
    })),
  });
  return { pipeline: kernel.pipeline, group, workgroups };
}

/** Encodes dispatches with the step's uniforms at `offset`. */
export function encode(
  pass: GPUComputePassEncoder,
  dispatches: readonly Dispatch[],
  step: GPUBindGroup,
  offset = 0,
): void {
  pass.setBindGroup(0, step, [offset]);
  for (const { pipeline, group, workgroups } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(1, group);
    pass.dispatchWorkgroups(...workgroups);
  }
}
