/**
 * Times one layer's Monte Carlo, as the stage `init-check-layer` does it: draw a matrix of standard
 * normals, multiply it by a vector, add up the squares. In numpy (`theory.py`), in TypeScript and by the
 * WebAssembly kernel, from the same seed and so with the same sums. They take turns, so that a busy
 * machine slows all three.
 */
import { defaultRng } from "../../stages/random/default_rng.ts";
import { SeedSequence } from "../../stages/random/seed_sequence.ts";
import { createNormalKernel } from "../../stages/random/standard_normal_kernel.ts";
import { startPython } from "./python.ts";
import { median } from "./timing.ts";

const SEED = 5;
const SIZES = [64, 512, 4096];
/** Weights of one turn. */
const WEIGHTS = 2 ** 24;
const TURNS = 5;

interface Turn {
  size: number;
  matrices: number;
}
/** Does a turn's work; seconds of it, and Σ a² over all matrices. */
type Contestant = (turn: Turn) => Promise<{ seconds: number; sum: number }>;

const timed = (work: () => number): Promise<{ seconds: number; sum: number }> => {
  const start = performance.now();
  const sum = work();
  return Promise.resolve({ seconds: (performance.now() - start) / 1000, sum });
};

const squares = (a: Float64Array): number => {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * a[j];
  return sum;
};

/** A row of the matrix at a time. */
const inTypeScript: Contestant = ({ size, matrices }) => {
  const rng = defaultRng(SEED);
  const x = rng.fillStandardNormal(new Float64Array(size));
  const row = new Float64Array(size);
  const a = new Float64Array(size);
  return timed(() => {
    let total = 0;
    for (let k = 0; k < matrices; k++) {
      for (let j = 0; j < size; j++) {
        rng.fillStandardNormal(row);
        let sum = 0;
        for (let i = 0; i < size; i++) sum += row[i] * x[i];
        a[j] = sum;
      }
      total += squares(a);
    }
    return total;
  });
};

async function inWebAssembly(): Promise<Contestant> {
  const largest = Math.max(...SIZES);
  const kernel = await createNormalKernel(2 * largest);
  const vectors = [kernel.vector(largest), kernel.vector(largest)];
  return ({ size, matrices }) => {
    const [x, a] = vectors.map((vector) => vector.subarray(0, size));
    kernel.seed(new SeedSequence(SEED));
    kernel.fill(x);
    return timed(() => {
      let total = 0;
      for (let k = 0; k < matrices; k++) {
        kernel.products(x, a);
        total += squares(a);
      }
      return total;
    });
  };
}

/** Runs the comparison; a row a contestant. Throws if they did not come to the same sums. */
export async function benchTheory(): Promise<Record<string, unknown>[]> {
  const contestants: Record<string, Contestant> = {
    WebAssembly: await inWebAssembly(),
    TypeScript: inTypeScript,
  };
  const numpy = await startPython("numpy", "theory.py", [String(SEED)]);
  const numpyName = `numpy ${numpy?.hello.numpy}`;
  if (numpy !== undefined) contestants[numpyName] = (turn) => numpy.ask(JSON.stringify(turn));

  /** Million weights a second, by contestant and size. */
  const speeds = new Map(Object.keys(contestants).map((name) => [name, new Map<number, number>()]));
  for (const size of SIZES) {
    const turn = { size, matrices: Math.max(1, WEIGHTS / size ** 2) };
    const seconds = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
    for (let round = 0; round < TURNS; round++) {
      const sums: number[] = [];
      for (const [name, contestant] of Object.entries(contestants)) {
        const result = await contestant(turn);
        seconds.get(name)?.push(result.seconds);
        sums.push(result.sum);
      }
      // Only the order of additions differs.
      const worst = Math.max(...sums.map((sum) => Math.abs(sum / sums[0] - 1)));
      if (!(worst < 1e-10)) {
        throw new Error(`expected the same Σ a² from the same seed, found ${sums.join(", ")}`);
      }
    }
    for (const [name, times] of seconds) {
      speeds.get(name)?.set(size, turn.matrices * size ** 2 / median(times) / 1e6);
    }
  }
  await numpy?.stop();

  const ofNumpy = numpy && speeds.get(numpyName);
  console.error(
    `Million weights a second, drawn and multiplied; medians of ${TURNS} turns of ${WEIGHTS} weights.`,
  );
  return [...speeds].map(([name, bySize]) => ({
    "M weights/s": name,
    ...Object.fromEntries(
      [...bySize].map(([size, speed]) => [`${size} x ${size}`, Math.round(speed)]),
    ),
    "times numpy": ofNumpy === undefined
      ? ""
      : [...bySize].map(([size, speed]) => (speed / (ofNumpy.get(size) ?? NaN)).toFixed(1))
        .join(" "),
  }));
}
