/**
 * Times one layer's Monte Carlo, as the stage `init-check-layer` does it: draw a matrix of standard
 * normals, multiply it by a vector, add up the squares. In numpy (`theory.py`), in TypeScript and by the
 * WebAssembly kernel, from the same seed and so with the same sums. They take turns, so that a busy
 * machine slows all three.
 */
import { Generator } from "../../stages/random/default_rng.ts";
import { SeedSequence } from "../../stages/random/seed_sequence.ts";
import { Sfc64 } from "../../stages/random/sfc64.ts";
import { createNormalKernel } from "../../stages/random/standard_normal_kernel.ts";
import { startPython } from "./python.ts";
import { type Contestant, type Measured, missing, rowsOf, takeTurns } from "./turns.ts";
import type { Benchmark } from "../../schemas/assignment/bench_results.ts";

const SEED = 5;
const SIZES = [64, 512, 4096];
/** Weights of one turn. */
const WEIGHTS = 2 ** 24;
const OURS = "ours, WebAssembly";

interface Turn {
  size: number;
  matrices: number;
}
/** Does a turn's work; seconds of it, and Σ a² over all matrices. */
type Work = (turn: Turn) => Promise<{ seconds: number; sum: number }>;

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
const inTypeScript: Work = ({ size, matrices }) => {
  const rng = new Generator(new Sfc64(new SeedSequence(SEED)));
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

async function inWebAssembly(): Promise<Work> {
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

/** Throws unless all came to the same sums in each round: only the order of additions differs. */
function checkSameSums(sums: ReadonlyMap<string, readonly number[]>): void {
  const [[, expected], ...rest] = sums;
  for (const [name, found] of rest) {
    const worst = Math.max(...found.map((sum, round) => Math.abs(sum / expected[round] - 1)));
    if (!(worst < 1e-10)) {
      throw new Error(
        `expected the same Σ a² from the same seed, ${expected.join(", ")}; ` +
          `found by ${name} ${found.join(", ")}`,
      );
    }
  }
}

/** Runs the comparison for each size. Throws if contestants did not come to the same sums. */
export async function benchTheory(rounds = 5): Promise<Measured> {
  const works: Record<string, Work> = { [OURS]: await inWebAssembly(), TypeScript: inTypeScript };
  const numpy = await startPython("numpy", "theory.py", [String(SEED)]);
  if (numpy !== undefined) works.numpy = (turn) => numpy.ask(JSON.stringify(turn));
  const rows: Benchmark["rows"] = [];
  for (const size of SIZES) {
    const matrices = Math.max(1, WEIGHTS / size ** 2);
    const sums = new Map(Object.keys(works).map((name): [string, number[]] => [name, []]));
    const contestants = Object.entries(works).map(([name, work]): Contestant => ({
      name,
      turn: async () => {
        const { seconds, sum } = await work({ size, matrices });
        sums.get(name)!.push(sum);
        return { seconds, millionWeightsASecond: matrices * size ** 2 / seconds / 1e6 };
      },
    }));
    const turns = await takeTurns(contestants, rounds, `theory, ${size} rows`);
    checkSameSums(sums);
    rows.push(...rowsOf(contestants, turns, { ratioOf: "seconds", ours: [OURS], size }));
    if (numpy === undefined) rows.push(missing("numpy", "not installed", size));
  }
  await numpy?.stop();
  return {
    benchmark: { rounds, ratioOf: "seconds", ours: [OURS], rows },
    versions: { numpy: numpy?.hello.numpy ?? null },
  };
}
