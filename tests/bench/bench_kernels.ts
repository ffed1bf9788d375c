/**
 * Measures each dispatch of question 3's training step, an empty dispatch and the whole step, on the
 * available adapter. `train_on_device.ts` compares the step with other implementations.
 */
import { openDevice } from "../../stages/networks/webgpu/device.ts";
import {
  createDispatch,
  type Dispatch,
  encode,
} from "../../stages/networks/webgpu/compute_pass.ts";
import {
  createNetwork,
  LIMITS,
  pixelTexture,
  stepUniforms,
} from "../../stages/networks/webgpu/network.ts";
import { type Measured, missing, rowsOf, type Values } from "./turns.ts";

const SIZES = [784, 256, 128, 64, 10];
const BATCH = 64;
const STEPS = 100;
/** Multiplications and additions of a product with layer `l`'s weights. */
const product = (l: number) => 2 * BATCH * SIZES[l] * SIZES[l + 1];

/** A dispatch that writes one number. */
const NOTHING = `
@group(1) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x == 0u) { out[0] = 0.0; }
}`;

/** Runs the measurement; a row a dispatch. */
export async function benchKernels(rounds = 9): Promise<Measured> {
  const benchmark = { rounds, ratioOf: null, ours: [] };
  if (!await navigator.gpu?.requestAdapter()) {
    const rows = [missing("ours on webgpu", "no WebGPU adapter")];
    return { benchmark: { ...benchmark, rows }, versions: {} };
  }
  const { gpu, tiling } = await openDevice({ limits: LIMITS });
  const network = createNetwork(gpu, tiling, SIZES, BATCH);
  const samples = STEPS * BATCH;
  const pixels = pixelTexture(gpu, {
    pixels: Uint8Array.from({ length: samples * SIZES[0] }, (_, i) => i % 251),
    samples,
    width: SIZES[0],
  });
  const buffer = (label: string) =>
    gpu.createBuffer({ label, size: 4 * samples, usage: GPUBufferUsage.STORAGE });
  const set = { pixels, labels: buffer("labels"), losses: buffer("losses") };
  const order = Uint32Array.from({ length: samples }, (_, i) => i);
  const { group, offsets } = stepUniforms(gpu, network, order, 0);
  const whole = [network.step(set, 0), network.step(set, 1)];
  const nothing = createDispatch(gpu, {
    label: "nothing",
    code: NOTHING,
    bindings: [{ buffer: set.losses, type: "storage" }],
    workgroups: [1, 1],
  });
  const last = SIZES.length - 2;
  /** In the order of `Network.step`. */
  const parts: { name: string; flop: number; of: (step: Dispatch[]) => Dispatch[] }[] = [];
  const add = (name: string, flop: number) => {
    const i = parts.length;
    parts.push({ name, flop, of: (step) => [step[i]] });
  };
  for (let l = 0; l <= last; l++) add(`forward, layer ${l + 1}`, product(l));
  add("loss", 0);
  for (let l = last; l >= 0; l--) {
    if (l > 0) add(`backward, layer ${l + 1}`, product(l));
    add(`update, layer ${l + 1}`, product(l));
  }
  if (parts.length !== whole[0].length) {
    throw new Error(`expected ${parts.length} dispatches a step, found ${whole[0].length}`);
  }
  parts.push({ name: "a dispatch of nothing", flop: 0, of: () => [nothing] });
  parts.push({
    name: "the whole step",
    flop: parts.reduce((sum, { flop }) => sum + flop, 0),
    of: (step) => step,
  });

  const turns = new Map(parts.map(({ name }): [string, Values[]] => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    const times: number[] = [];
    for (const { of } of parts) {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      offsets.forEach((offset, s) => encode(pass, of(whole[s % 2]), group, offset));
      pass.end();
      const start = performance.now();
      gpu.queue.submit([encoder.finish()]);
      await gpu.queue.onSubmittedWorkDone();
      times.push((performance.now() - start) / STEPS);
    }
    // The first round compiles.
    if (round === 0) continue;
    const step = times[times.length - 1];
    for (const [i, { name, flop }] of parts.entries()) {
      turns.get(name)!.push({
        msADispatch: times[i],
        shareOfStep: times[i] / step,
        ...(flop > 0 && { gigaflopsASecond: flop / times[i] / 1e6 }),
      });
    }
  }
  gpu.destroy();
  return { benchmark: { ...benchmark, rows: rowsOf(parts, turns, benchmark) }, versions: {} };
}
