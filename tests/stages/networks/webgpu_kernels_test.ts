/** Tests each WGSL kernel against float64, for shapes that fill no tile, with both tilings. */
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../../stages/networks/webgpu/device.ts";
import {
  type Binding,
  createDispatch,
  createStepGroup,
  encode,
} from "../../../stages/networks/webgpu/compute_pass.ts";
import { pixelTexture } from "../../../stages/networks/webgpu/network.ts";
import {
  backward,
  COPY_WORKGROUP,
  CPU_TILING,
  forward,
  forwardPixels,
  GPU_TILING,
  loss,
  pack,
  samplesHeld,
  STEP_HEADER,
  TEXEL_PIXELS,
  unpack,
  update,
  updatePixels,
  workgroups,
} from "../../../stages/networks/webgpu/shaders.ts";
import { uniform } from "./random_network.ts";

const { gpu, watch } = await openDevice();

/** A dense matrix on the host. */
interface Matrix {
  rows: number;
  columns: number;
  at(row: number, column: number): number;
}

const up = (n: number, to: number) => Math.ceil(n / to) * to;

function matrixOf(rows: number, columns: number, value: (r: number, c: number) => number): Matrix {
  const values = Float32Array.from(
    { length: rows * columns },
    (_, i) => value(Math.floor(i / columns), i % columns),
  );
  return { rows, columns, at: (r, c) => values[r * columns + c] };
}

const random = (rows: number, columns: number, seed: number): Matrix => {
  const draw = uniform(seed);
  return matrixOf(rows, columns, draw);
};

/** Value between a matrix's end and its texture's. */
const PADDING = 0;

/** The matrix as a texture of at least `rows` rows, `extra` texels of padding to the right. */
function textureOf(m: Matrix, rows = m.rows, extra = 0): GPUTexture {
  const width = up(m.columns, 4) / 4 + extra;
  const texture = gpu.createTexture({
    size: [width, rows],
    format: "rgba32float",
    usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC,
  });
  const values = new Float32Array(width * 4 * rows).fill(PADDING);
  for (let r = 0; r < m.rows; r++) {
    for (let c = 0; c < m.columns; c++) values[r * width * 4 + c] = m.at(r, c);
  }
  gpu.queue.writeTexture({ texture }, values, { bytesPerRow: width * 16 }, [width, rows]);
  return texture;
}
const blank = (columns: number, rows: number) =>
  textureOf(matrixOf(rows, columns, () => Math.PI), rows);

async function read(source: GPUTexture | GPUBuffer): Promise<Matrix> {
  const texture = source instanceof GPUTexture;
  const [columns, rows] = texture ? [source.width * 4, source.height] : [source.size / 4, 1];
  const bytesPerRow = up(columns * 4, 256);
  const staging = gpu.createBuffer({
    size: bytesPerRow * rows,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  const encoder = gpu.createCommandEncoder();
  if (texture) {
    const size = [source.width, rows];
    encoder.copyTextureToBuffer({ texture: source }, { buffer: staging, bytesPerRow }, size);
  } else encoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
  gpu.queue.submit([encoder.finish()]);
  await watch(() => staging.mapAsync(GPUMapMode.READ));
  const values = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return { rows, columns, at: (r, c) => values[r * bytesPerRow / 4 + c] };
}

function buffer(values: Uint32Array | Float32Array): GPUBuffer {
  const made = gpu.createBuffer({
    size: values.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST |
      GPUBufferUsage.COPY_SRC,
  });
  gpu.queue.writeBuffer(made, 0, values.buffer as ArrayBuffer);
  return made;
}

interface Step {
  count?: number;
  first?: number;
  rate?: number;
  shift?: number;
  samples?: number[];
}

function run(
  code: string,
  bindings: Binding[],
  groups: readonly [number, number],
  batch: number,
  { count = batch, first = 0, rate = 0, shift = 0, samples = [] }: Step = {},
  constants?: Record<string, number>,
): void {
  const uniforms = new Uint32Array(STEP_HEADER / 4 + samplesHeld(batch));
  uniforms.set([count, first, 0, shift, ...samples]);
  new Float32Array(uniforms.buffer)[2] = rate;
  const step = createStepGroup(gpu, buffer(uniforms), uniforms.byteLength);
  const dispatch = createDispatch(gpu, {
    label: "tested",
    code,
    constants,
    bindings,
    workgroups: groups,
  });
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  encode(pass, [dispatch], step);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
}

/**
 * Asserts that each element is as near to the expected one as float32 sums of `terms` products of
 * numbers below 1 come, and that whatever lies outside the expected matrix is zero.
 */
function assertNear(found: Matrix, expected: Matrix, terms: number, message: string): void {
  const tolerance = 2 ** -23 * (2 + Math.sqrt(terms) * 2);
  for (let r = 0; r < found.rows; r++) {
    for (let c = 0; c < found.columns; c++) {
      const inside = r < expected.rows && c < expected.columns;
      const value = inside ? expected.at(r, c) : PADDING;
      const difference = Math.abs(found.at(r, c) - value);
      // Written so that a NaN fails.
      assert(
        difference <= (inside ? tolerance * Math.max(1, Math.abs(value)) : 0),
        `${message}: expected ${value} at (${r}, ${c}), found ${found.at(r, c)}`,
      );
    }
  }
}

const sum = (n: number, term: (i: number) => number) => {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
};
const expected = (rows: number, columns: number, at: Matrix["at"]): Matrix => ({
  rows,
  columns,
  at,
});

/** batch, inputs, outputs */
const SHAPES = [[1, 1, 1], [7, 10, 63], [64, 784, 65], [33, 65, 784], [16, 63, 64], [60, 64, 10]];

/** Images whose samples are taken out of order and twice. */
function images(width: number, batch: number) {
  const samples = batch + 300;
  const draw = uniform(width);
  const pixels = Uint8Array.from({ length: samples * width }, () => Math.floor(128 + 128 * draw()));
  const texels = Math.ceil(width / TEXEL_PIXELS) + 1;
  return {
    texture: pixelTexture(gpu, { pixels, samples, width }),
    step: {
      shift: Math.floor(Math.log2(8192 / texels)),
      samples: Array.from({ length: batch }, (_, i) => (i * 37 + 5) % samples % (samples - 7)),
    },
    at: (sample: number, pixel: number) => pixels[sample * width + pixel] / 255,
  };
}

for (const [name, tiling] of Object.entries({ CPU: CPU_TILING, GPU: GPU_TILING })) {
  Deno.test(`forward, ${name} tiles: the product, rectified or not, from floats and from pixels`, async () => {
    for (const [batch, inputs, outputs] of SHAPES) {
      for (const relu of [0, 1]) {
        const shape = `${batch} × ${inputs} × ${outputs}, relu ${relu}`;
        const rows = up(batch, 4);
        const rectified = (x: number) => relu ? Math.max(x, 0) : x;

        const x = random(batch, inputs, 1);
        const w = random(inputs, outputs, 2);
        const output = textureOf(matrixOf(rows, up(outputs, 4), () => 0));
        run(
          forward(tiling, batch),
          [{ read: textureOf(x, rows) }, { read: textureOf(w, up(inputs, 4)) }, { write: output }],
          workgroups(tiling, tiling.dense, rows, output.width),
          batch,
          {},
          { relu },
        );
        assertNear(
          await read(output),
          expected(
            batch,
            outputs,
            (r, c) => rectified(sum(inputs, (i) => x.at(r, i) * w.at(i, c))),
          ),
          inputs,
          shape,
        );

        const p = images(inputs, batch);
        const depth = up(inputs, TEXEL_PIXELS);
        const bias = random(1, outputs, 3);
        const weight = matrixOf(
          depth + TEXEL_PIXELS,
          outputs,
          (r, c) => r < inputs ? w.at(r, c) : r === depth ? bias.at(0, c) : 0,
        );
        const fromPixels = textureOf(matrixOf(rows, outputs, () => 0));
        run(
          forwardPixels(tiling, batch),
          [{ read: p.texture }, { read: textureOf(weight) }, { write: fromPixels }],
          workgroups(tiling, tiling.forwardPixels, rows, fromPixels.width),
          batch,
          p.step,
          { relu },
        );
        assertNear(
          await read(fromPixels),
          // The padding computes the first sample, for its index is 0.
          expected(rows, outputs, (r, c) =>
            rectified(
              bias.at(0, c) +
                sum(inputs, (i) => p.at(p.step.samples[r] ?? 0, i) * w.at(i, c)),
            )),
          inputs,
          `${shape}, from pixels`,
        );
      }
    }
  });

  Deno.test(`loss, ${name} workgroups: cross-entropy of the softmax and its gradient, zero in the padding`, async () => {
    for (const [batch, , classes] of SHAPES) {
      const count = Math.ceil(batch / 2);
      const rows = up(batch, 4);
      // Far apart in some rows, close in others, with a constant that must not matter.
      const draw = uniform(9);
      const logits = matrixOf(batch, classes, (r) => 10 ** (r % 4 - 2) * draw() + 7 * (r % 3));
      const labels = Uint32Array.from({ length: 200 }, (_, i) => i * 7 % classes);
      const samples = Array.from({ length: batch }, (_, i) => (i * 13 + 3) % 200);
      const gradient = blank(classes, rows);
      const losses = buffer(new Float32Array(batch + 5).fill(-1));
      const lanes = tiling.workgroup[0] * tiling.workgroup[1];
      run(
        loss(tiling, batch),
        [
          { read: textureOf(logits, rows) },
          { buffer: buffer(labels), type: "read-only-storage" },
          { write: gradient },
          { buffer: losses, type: "storage" },
        ],
        [Math.ceil(rows / lanes), 1],
        batch,
        { count, first: 5, samples },
        { classes },
      );
      const ln = (r: number) => Math.log(sum(classes, (c) => Math.exp(logits.at(r, c))));
      assertNear(
        await read(gradient),
        expected(
          count,
          classes,
          (r, c) =>
            (Math.exp(logits.at(r, c) - ln(r)) - (labels[samples[r]] === c ? 1 : 0)) / count,
        ),
        1,
        `gradient of ${count} in ${batch} × ${classes}`,
      );
      const found = await read(losses);
      for (let i = 0; i < batch + 5; i++) {
        const r = i - 5;
        const value = r < 0 || r >= count ? -1 : ln(r) - logits.at(r, labels[samples[r]]);
        const error = Math.abs(found.at(0, i) - value);
        assert(error <= 1e-6 * Math.max(1, value), `loss ${i}: ${found.at(0, i)}, not ${value}`);
      }
    }
  });

  Deno.test(`backward, ${name} tiles: the transposed product where the input is above zero`, async () => {
    for (const [batch, inputs, outputs] of SHAPES) {
      const rows = up(batch, 4);
      const gradient = random(batch, outputs, 4);
      const weight = random(inputs, outputs, 5);
      const input = random(batch, inputs, 6);
      const below = blank(inputs, rows);
      run(
        backward(tiling, batch),
        [
          { read: textureOf(gradient, rows) },
          { read: textureOf(weight, up(inputs, 4) + 4) },
          { read: textureOf(input, rows, 1) },
          { write: below },
        ],
        workgroups(tiling, tiling.dense, rows, below.width),
        batch,
      );
      assertNear(
        await read(below),
        expected(
          batch,
          inputs,
          (r, c) =>
            input.at(r, c) > 0 ? sum(outputs, (o) => gradient.at(r, o) * weight.at(c, o)) : 0,
        ),
        outputs,
        `${batch} × ${inputs} × ${outputs}`,
      );
    }
  });

  Deno.test(`update, ${name} tiles: the weight less its gradient times the rate, from floats and from pixels`, async () => {
    for (const [batch, inputs, outputs] of SHAPES) {
      const shape = `${batch} × ${inputs} × ${outputs}`;
      const rows = up(batch, 4);
      const rate = 0.25;
      const gradient = random(batch, outputs, 7);
      const input = random(batch, inputs, 8);
      const deep = up(inputs, 4);
      const weight = random(inputs, outputs, 9);
      const updated = blank(outputs, deep);
      run(
        update(tiling, batch),
        [
          { read: textureOf(input, rows) },
          { read: textureOf(gradient, rows) },
          { read: textureOf(weight, deep) },
          { write: updated },
        ],
        workgroups(tiling, tiling.dense, deep, updated.width),
        batch,
        { rate },
      );
      assertNear(
        await read(updated),
        expected(inputs, outputs, (r, c) =>
          weight.at(r, c) -
          rate * sum(batch, (b) => input.at(b, r) * gradient.at(b, c))),
        batch,
        shape,
      );

      const p = images(inputs, batch);
      const bias = up(inputs, TEXEL_PIXELS);
      const weights = random(bias + 1, outputs, 10);
      const of = matrixOf(
        bias + TEXEL_PIXELS,
        outputs,
        (r, c) => r < inputs || r === bias ? weights.at(r, c) : 0,
      );
      const fromPixels = blank(outputs, of.rows);
      run(
        updatePixels(tiling, batch),
        [
          { read: p.texture },
          { read: textureOf(gradient, rows) },
          { read: textureOf(of) },
          { write: fromPixels },
        ],
        workgroups(tiling, tiling.updatePixels, of.rows, fromPixels.width),
        batch,
        { ...p.step, rate },
      );
      assertNear(
        await read(fromPixels),
        expected(of.rows, outputs, (r, c) => {
          const x = (b: number) => r < inputs ? p.at(p.step.samples[b], r) : r === bias ? 1 : 0;
          return of.at(r, c) - rate * sum(batch, (b) => x(b) * gradient.at(b, c));
        }),
        batch,
        `${shape}, from pixels`,
      );
    }
  });
}

Deno.test("pack and unpack copy a window between buffer and texture to the bit", async () => {
  for (const [rows, columns] of [[1, 1], [3, 10], [65, 63], [784, 65]]) {
    const top = 4;
    const m = random(rows, columns, 11);
    const values = Float32Array.from(
      { length: rows * columns },
      (_, i) => m.at(Math.floor(i / columns), i % columns),
    );
    const copies = Math.ceil(rows * up(columns, 4) / 4 / COPY_WORKGROUP);
    const texture = blank(columns, rows + top + 1);
    const copied = buffer(new Float32Array(values.length));
    const window = createStepGroup(gpu, buffer(Uint32Array.of(rows, columns, top, 0)), 16);
    const copy = (code: string, bindings: Binding[]) => {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      const dispatch = { label: "copy", code, bindings, workgroups: [copies, 1] as const };
      encode(pass, [createDispatch(gpu, dispatch)], window);
      pass.end();
      gpu.queue.submit([encoder.finish()]);
    };
    copy(pack, [{ buffer: buffer(values), type: "read-only-storage" }, { write: texture }]);
    copy(unpack, [{ buffer: copied, type: "storage" }, { read: texture }]);
    const packed = await read(texture);
    const back = await read(copied);
    for (let i = 0; i < values.length; i++) assertEquals(back.at(0, i), values[i]);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < up(columns, 4); c++) {
        assertEquals(packed.at(top + r, c), c < columns ? m.at(r, c) : 0, `(${r}, ${c})`);
      }
    }
    for (const r of [top - 1, top + rows]) assertEquals(packed.at(r, 0), Math.fround(Math.PI));
  }
});
