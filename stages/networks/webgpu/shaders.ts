/**
 * Writes the WGSL of a dense network's training step: matrix products over textures, with the
 * operations before and after them fused in. `passes.ts` binds it to textures.
 *
 * A matrix is a texture of `rgba32float`, four neighbouring columns a texel. The bias is one more row
 * of a weight matrix, which meets a 1 at the end of each row of inputs, so no kernel treats it apart.
 * Whatever a shape leaves over of a texel or tile is zero and stays zero.
 *
 * Every sum is taken by one invocation in a fixed order, so that the same adapter gives the same bits.
 *
 * Why textures: Mesa's llvmpipe compiles a load from a storage buffer to a loop over the lanes with
 * branches in it, and a load from a storage texture to eight 128-bit loads and a transpose. The first
 * layer's product, 64 × 784 × 256, with all dispatch costs, on two cores:
 *
 * | inputs, weights                            | tile  | GFLOP/s |
 * |--------------------------------------------|-------|---------|
 * | buffer `array<u32>`, buffer `array<vec4f>` | 16×16 | 17      |
 * | buffer `array<vec4u>`, buffer              | 16×16 | 19      |
 * | sampled texture, buffer                    | 16×16 | 19      |
 * | sampled texture, sampled texture           | 16×16 | 24      |
 * | sampled texture, storage texture           | 16×16 | 38      |
 * | storage texture, storage texture           | 16×16 | 44      |
 * | storage texture, storage texture           | 16×8  | 51      |
 * | storage texture, storage texture           | 8×8   | 44      |
 * | storage texture, storage texture           | 64×4  | 22      |
 */

/** Division of a product among invocations. */
interface Tile {
  /** Rows that an invocation computes. */
  readonly rows: number;
  /** Columns that it computes, a multiple of 4. */
  readonly columns: number;
}

/** The tiles of an adapter's kernels and the invocations of a workgroup. */
export interface Tiling {
  readonly workgroup: readonly [x: number, y: number];
  readonly forwardPixels: Tile;
  /** 4 rows or a multiple of 16. */
  readonly updatePixels: Tile;
  /** The other products. */
  readonly dense: Tile;
}

/**
 * A software adapter runs a workgroup on one core, its invocations as lanes of a vector register. It
 * has no memory that would be shared cheaply, so each invocation reuses what it loads in a tile as
 * large as the registers and the stack allow.
 */
export const CPU_TILING: Tiling = {
  workgroup: [8, 1],
  forwardPixels: { rows: 8, columns: 16 },
  updatePixels: { rows: 16, columns: 16 },
  dense: { rows: 8, columns: 8 },
};

/**
 * A real GPU hides the time of a load behind other invocations: small tiles, few registers, and an
 * 8 × 8 workgroup, whose invocations load the same texels and find them in the texture cache.
 */
export const GPU_TILING: Tiling = {
  workgroup: [8, 8],
  forwardPixels: { rows: 4, columns: 4 },
  updatePixels: { rows: 4, columns: 4 },
  dense: { rows: 4, columns: 4 },
};

/** Pixels a texel of `rgba32uint` holds. */
export const TEXEL_PIXELS = 16;

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const lines = <T>(items: readonly T[], line: (item: T) => string) => items.map(line).join("\n");

/** Bytes of a step's uniforms before the samples' indices. */
export const STEP_HEADER = 16;

/** Indices of samples in a step's uniforms: few sizes, so that networks share kernels. */
export const samplesHeld = (batch: number): number =>
  Math.max(64, 2 ** Math.ceil(Math.log2(batch)));

/** Values that differ from step to step, at binding 0 of group 0. */
const step = (batch: number) => `
struct Step {
  /** Samples in the batch; the rows after them are padding. */
  count: u32,
  /** Place of the batch's first loss. */
  first: u32,
  rate: f32,
  /** Log2 of the samples in a row of the pixels' texture. */
  shift: u32,
  samples: array<vec4u, ${samplesHeld(batch) / 4}>,
}
@group(0) @binding(0) var<uniform> step: Step;`;

const readable = (binding: number, name: string, format = "rgba32float") =>
  `@group(1) @binding(${binding}) var ${name}: texture_storage_2d<${format}, read>;`;
const writable = (binding: number, name: string) =>
  `@group(1) @binding(${binding}) var ${name}: texture_storage_2d<rgba32float, write>;`;

/** The bindings of a kernel: textures that it reads, of which pixels are bytes, and its result. */
const textures = (read: readonly string[], result: string) =>
  [
    ...read.map((name, i) => readable(i, name, name === "pixels" ? "rgba32uint" : undefined)),
    writable(read.length, result),
  ].join("\n");

/**
 * Opens `main` and defines \`row\` and \`column\`, the tile's first row and first texel of columns, for
 * a result that is \`across\` texels wide.
 */
function main({ workgroup: [x, y] }: Tiling, rows: string, texels: number, across: string): string {
  const place = y === 1
    // Tiles in one line, so that a narrow result fills the lanes too.
    ? `let tiles = (${across} + ${texels - 1}u) / ${texels}u;
  let row = id.x / tiles * ${rows};
  let column = id.x % tiles * ${texels}u;`
    : `let row = id.y * ${rows};
  let column = id.x * ${texels}u;`;
  return `@compute @workgroup_size(${x}, ${y})
fn main(@builtin(global_invocation_id) id: vec3u) {
  ${place}`;
}

/** Returns the number of workgroups for a result of `rows` rows and `texels` texels a row. */
export function workgroups(
  { workgroup: [x, y] }: Tiling,
  tile: Tile,
  rows: number,
  texels: number,
): [number, number] {
  const down = Math.ceil(rows / tile.rows);
  const across = Math.ceil(texels * 4 / tile.columns);
  return y === 1 ? [Math.ceil(down * across / x), 1] : [Math.ceil(across / x), Math.ceil(down / y)];
}

const sums = (rows: number, texels: number) =>
  lines(range(rows), (r) => range(texels).map((c) => `var sum${r}_${c} = vec4f();`).join(" "));

/** WGSL function of the first pixel of the batch's sample `row`; a texture's row holds several samples. */
const SAMPLE = `
fn start(row: u32, texels: u32) -> vec2u {
  let sample = step.samples[row / 4u][row % 4u];
  return vec2u((sample & ((1u << step.shift) - 1u)) * texels, sample >> step.shift);
}`;

const RECTIFY = `
override relu: bool;
/** A NaN stays one, as it does in PyTorch. */
fn rectify(x: vec4f) -> vec4f {
  return select(x, vec4f(), vec4<bool>(relu) & (x < vec4f()));
}`;

const storeRectified = (rows: number, texels: number) =>
  lines(range(texels), (c) =>
    `if (column + ${c}u < across) {
    ${
      lines(
        range(rows),
        (r) => `textureStore(output, vec2u(column + ${c}u, row + ${r}u), rectify(sum${r}_${c}));`,
      )
    }
  }`);

/**
 * output = relu(input · weight): (batch, outputs) from (batch, inputs) and (inputs, outputs). With
 * the constant `relu` false, the product itself.
 */
export function forward(tiling: Tiling, batch: number): string {
  const { rows, columns } = tiling.dense;
  const texels = columns / 4;
  return `${step(batch)}
${textures(["input", "weight"], "output")}
${RECTIFY}
${main(tiling, `${rows}u`, texels, "textureDimensions(weight).x")}
  let across = textureDimensions(weight).x;
  let depth = textureDimensions(input).x;
  ${sums(rows, texels)}
  for (var k = 0u; k < depth; k++) {
    ${lines(range(rows), (r) => `let x${r} = textureLoad(input, vec2u(k, row + ${r}u));`)}
    ${
    lines(range(texels), (c) =>
      `{
      ${
        lines(
          range(4),
          (i) => `let w${i} = textureLoad(weight, vec2u(column + ${c}u, 4u * k + ${i}u));`,
        )
      }
      ${lines(range(rows), (r) => `sum${r}_${c} += ${multiply(`x${r}`)};`)}
    }`)
  }
  }
  ${storeRectified(rows, texels)}
}`;
}

const multiply = (x: string) => range(4).map((i) => `${x}[${i}] * w${i}`).join(" + ");

/** \`forward\` with the batch's rows of \`pixels\` as input, gathered by index, 255 as 1. */
export function forwardPixels(tiling: Tiling, batch: number): string {
  const { rows, columns } = tiling.forwardPixels;
  const texels = columns / 4;
  return `${step(batch)}
${textures(["pixels", "weight"], "output")}
${RECTIFY}
${SAMPLE}
${main(tiling, `${rows}u`, texels, "textureDimensions(weight).x")}
  let across = textureDimensions(weight).x;
  let depth = textureDimensions(weight).y / ${TEXEL_PIXELS}u;
  ${lines(range(rows), (r) => `let start${r} = start(row + ${r}u, depth);`)}
  ${sums(rows, texels)}
  for (var k = 0u; k < depth; k++) {
    ${lines(range(rows), (r) => `let p${r} = textureLoad(pixels, start${r} + vec2u(k, 0u));`)}
    ${
    lines(range(4), (word) =>
      `{
      ${lines(range(rows), (r) => `let x${r} = unpack4x8unorm(p${r}[${word}]);`)}
      ${
        lines(range(texels), (c) =>
          `{
        ${
            lines(range(4), (i) =>
              `let w${i} = textureLoad(weight, vec2u(column + ${c}u, ${TEXEL_PIXELS}u * k + ${
                4 * word + i
              }u));`)
          }
        ${lines(range(rows), (r) => `sum${r}_${c} += ${multiply(`x${r}`)};`)}
      }`)
      }
    }`)
  }
  }
  ${storeRectified(rows, texels)}
}`;
}

/**
 * Softmax, cross-entropy and its gradient over the batch's mean: gradient = (softmax(logits) -
 * one-hot(label)) / count, zero in the padding, and losses[first + row] in nats. An invocation a row.
 *
 * WGSL lets exp and log be off by more than the losses may be, so both are Cephes' expf and logf.
 */
export function loss(tiling: Tiling, batch: number): string {
  const [x, y] = tiling.workgroup;
  return `${step(batch)}
${readable(0, "logits")}
@group(1) @binding(1) var<storage, read> labels: array<u32>;
${writable(2, "gradient")}
@group(1) @binding(3) var<storage, read_write> losses: array<f32>;

override classes: u32;

/** e^x for x <= 0. */
fn exponential(x: vec4f) -> vec4f {
  let n = floor(x * 1.44269504088896341 + 0.5);
  let r = (x - n * 0.693359375) - n * -2.12194440e-4;
  var p = vec4f(1.9875691500e-4);
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  let scale = bitcast<vec4f>(vec4u(vec4i(max(n, vec4f(-127.0))) + 127) << vec4u(23u));
  // Not a number of its own stays one.
  return select((p * r * r + r + 1.0) * scale, x, x != x);
}

/** ln x for 1 <= x. */
fn logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  var e = f32(i32(bits >> 23u) - 126);
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.707106781186547524) { e -= 1.0; m += m; }
  m -= 1.0;
  let z = m * m;
  var p = 7.0376836292e-2;
  p = p * m - 1.1514610310e-1;
  p = p * m + 1.1676998740e-1;
  p = p * m - 1.2420140846e-1;
  p = p * m + 1.4249322787e-1;
  p = p * m - 1.6668057665e-1;
  p = p * m + 2.0000714765e-1;
  p = p * m - 2.4999993993e-1;
  p = p * m + 3.3333331174e-1;
  let ln = (m + (m * z * p + e * -2.12194440e-4 - 0.5 * z)) + e * 0.693359375;
  return select(ln, x, x != x);
}

fn present(texel: u32) -> vec4<bool> {
  return 4u * texel + vec4u(0u, 1u, 2u, 3u) < vec4u(classes);
}

@compute @workgroup_size(${x * y})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= textureDimensions(gradient).y) { return; }
  let padding = row >= step.count;
  let label = labels[step.samples[row / 4u][row % 4u]];
  let texels = textureDimensions(logits).x;
  var greatest = vec4f(-3.4e38);
  for (var c = 0u; c < texels; c++) {
    greatest = max(greatest, select(vec4f(-3.4e38), textureLoad(logits, vec2u(c, row)), present(c)));
  }
  let shift = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
  var parts = vec4f();
  var chosen = 0.0;
  for (var c = 0u; c < texels; c++) {
    let logit = textureLoad(logits, vec2u(c, row)) - shift;
    parts += select(vec4f(), exponential(logit), present(c));
    if (c == label / 4u) { chosen = logit[label % 4u]; }
  }
  let sum = (parts.x + parts.y) + (parts.z + parts.w);
  for (var c = 0u; c < texels; c++) {
    let probability = exponential(textureLoad(logits, vec2u(c, row)) - shift) / sum;
    let truth = select(vec4f(), vec4f(1.0), 4u * c + vec4u(0u, 1u, 2u, 3u) == vec4u(label));
    let slope = (probability - truth) / f32(step.count);
    textureStore(gradient, vec2u(c, row), select(vec4f(), slope, present(c) & vec4<bool>(!padding)));
  }
  if (!padding) { losses[step.first + row] = logarithm(sum) - chosen; }
}`;
}

/**
 * below = (gradient · weightᵀ) ∘ (input > 0): the loss's gradient by the pre-activations of the layer
 * below, (batch, inputs) from (batch, outputs) and (inputs, outputs).
 */
export function backward(tiling: Tiling, batch: number): string {
  const { rows, columns } = tiling.dense;
  const texels = columns / 4;
  return `${step(batch)}
${textures(["gradient", "weight", "input"], "below")}
${main(tiling, `${rows}u`, texels, "textureDimensions(below).x")}
  let depth = textureDimensions(gradient).x;
  ${sums(rows, texels)}
  for (var k = 0u; k < depth; k++) {
    ${lines(range(rows), (r) => `let d${r} = textureLoad(gradient, vec2u(k, row + ${r}u));`)}
    ${
    lines(range(texels), (c) =>
      `{
      ${
        lines(range(4), (i) =>
          `let w${i} = textureLoad(weight, vec2u(k, 4u * (column + ${c}u) + ${i}u));`)
      }
      ${
        lines(range(rows), (r) =>
          `sum${r}_${c} += vec4f(${
            range(4).map((i) => `dot(d${r}, w${i})`).join(", ")
          });`)
      }
    }`)
  }
  }
  ${
    lines(range(rows), (r) =>
      lines(range(texels), (c) =>
        `{
    let at = vec2u(column + ${c}u, row + ${r}u);
    textureStore(below, at, select(vec4f(), sum${r}_${c}, textureLoad(input, at) > vec4f()));
  }`))
  }
}`;
}

/** Samples of the batch that an update's loop takes at once. */
const AT_ONCE = 4;

const updateWeights = (rows: number, texels: number) =>
  lines(range(rows), (r) =>
    lines(range(texels), (c) =>
      `{
    let at = vec2u(column + ${c}u, row + ${r}u);
    textureStore(updated, at, textureLoad(weight, at) - step.rate * sum${r}_${c});
  }`));

/** updated = weight - rate · inputᵀ · gradient, of the shape of weight. */
export function update(tiling: Tiling, batch: number): string {
  const { rows, columns } = tiling.dense;
  const texels = columns / 4;
  return `${step(batch)}
${textures(["input", "gradient", "weight"], "updated")}
${main(tiling, `${rows}u`, texels, "textureDimensions(weight).x")}
  ${sums(rows, texels)}
  for (var b = 0u; b < textureDimensions(gradient).y; b += ${AT_ONCE}u) {
    ${
    lines(range(AT_ONCE), (s) =>
      lines(range(rows / 4), (r) =>
        `let x${s}_${r} = textureLoad(input, vec2u(row / 4u + ${r}u, b + ${s}u));`) +
      lines(range(texels), (c) =>
        `let d${s}_${c} = textureLoad(gradient, vec2u(column + ${c}u, b + ${s}u));`))
  }
    ${
    lines(range(rows), (r) =>
      lines(range(texels), (c) =>
        `sum${r}_${c} += ${
          range(AT_ONCE).map((s) =>
            `x${s}_${r >> 2}[${r & 3}] * d${s}_${c}`
          ).join(" + ")
        };`))
  }
  }
  ${updateWeights(rows, texels)}
}`;
}

/** `update` with the batch's rows of `pixels` as input. */
export function updatePixels(tiling: Tiling, batch: number): string {
  const { rows, columns } = tiling.updatePixels;
  const texels = columns / 4;
  const words = rows / 4;
  return `${step(batch)}
${textures(["pixels", "gradient", "weight"], "updated")}
${SAMPLE}
${main(tiling, `${rows}u`, texels, "textureDimensions(weight).x")}
  let depth = textureDimensions(weight).y / ${TEXEL_PIXELS}u;
  let texel = row / ${TEXEL_PIXELS}u;
  ${rows < TEXEL_PIXELS ? `let word = row % ${TEXEL_PIXELS}u / 4u;` : ""}
  ${sums(rows, texels)}
  for (var b = 0u; b < textureDimensions(gradient).y; b += ${AT_ONCE}u) {
    ${
    lines(range(AT_ONCE), (s) =>
      `let p${s} = textureLoad(pixels, start(b + ${s}u, depth) + vec2u(texel, 0u));` +
      lines(range(texels), (c) =>
        `let d${s}_${c} = textureLoad(gradient, vec2u(column + ${c}u, b + ${s}u));`))
  }
    ${
    lines(range(words), (w) =>
      `{
      ${
        lines(range(AT_ONCE), (s) =>
          `let x${s} = unpack4x8unorm(p${s}[${rows < TEXEL_PIXELS ? `word + ${w}u` : w}]);`)
      }
      ${
        lines(range(4), (i) =>
          lines(range(texels), (c) =>
            `sum${4 * w + i}_${c} += ${
              range(AT_ONCE).map((s) => `x${s}[${i}] * d${s}_${c}`).join(" + ")
            };`))
      }
    }`)
  }
  }
  ${updateWeights(rows, texels)}
}`;
}

/** Invocations of a workgroup of `pack` and `unpack`, one for each texel. */
export const COPY_WORKGROUP = 64;

/** Bytes of the uniforms of `pack` and `unpack`. */
export const WINDOW = 16;

/** A window of a matrix, in floats, of which every row begins with a whole texel. */
const copying = (access: "read" | "read_write", texel: "read" | "write", body: string) => `
struct Window { rows: u32, columns: u32, top: u32 }
@group(0) @binding(0) var<uniform> window: Window;
@group(1) @binding(0) var<storage, ${access}> values: array<f32>;
@group(1) @binding(1) var matrix: texture_storage_2d<rgba32float, ${texel}>;
@compute @workgroup_size(${COPY_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let texels = (window.columns + 3u) / 4u;
  let row = id.x / texels;
  if (row >= window.rows) { return; }
  let at = vec2u(id.x % texels, window.top + row);
  let first = row * window.columns + at.x * 4u;
  let present = min(4u, window.columns - at.x * 4u);
  ${body}
}`;

/** The buffer's (rows, columns) to rows `top` and on of the texture, zeros after the last column. */
export const pack = copying(
  "read",
  "write",
  `var texel = vec4f();
  for (var i = 0u; i < present; i++) { texel[i] = values[first + i]; }
  textureStore(matrix, at, texel);`,
);

/** The inverse of `pack`. */
export const unpack = copying(
  "read_write",
  "read",
  `let texel = textureLoad(matrix, at);
  for (var i = 0u; i < present; i++) { values[first + i] = texel[i]; }`,
);
