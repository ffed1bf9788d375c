/**
 * Measures the most that WebAssembly computes here: `f32x4.relaxed_madd` on registers, without memory. Its
 * vectors have 128 bits, so a native program with wider ones can exceed this peak.
 */
import type { FmaLoop } from "./fma_peak_worker.ts";

/** Independent sums, enough to fill the pipelines of two FMA units, and within 16 registers. */
const SUMS = 12;
/** Operations of a turn of the loop: a multiplication and an addition in four lanes, for each sum. */
const FLOP = SUMS * 4 * 2;
const TURNS = 20_000;
/** Time of one measurement, in ms. */
const MILLISECONDS = 200;

async function loopModule(): Promise<WebAssembly.Module> {
  const { default: initialize } = await import("wabt");
  const sums = Array.from({ length: SUMS }, (_, i) => `$s${i}`);
  const body = sums.map((sum) =>
    `(local.set ${sum} (f32x4.relaxed_madd (local.get $x) (local.get $y) (local.get ${sum})))`
  );
  const total = sums.slice(1).reduce(
    (text, sum) => `(f32x4.add ${text} (local.get ${sum}))`,
    `(local.get ${sums[0]})`,
  );
  const text = `(module (func (export "run") (param $turns i32) (param $a f32) (result f32)
    (local $x v128) (local $y v128) ${sums.map((sum) => `(local ${sum} v128)`).join(" ")}
    (local.set $x (f32x4.splat (local.get $a)))
    (local.set $y (f32x4.splat (f32.const 0.5)))
    (loop $next
      ${body.join("\n      ")}
      (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
      (br_if $next (local.get $turns)))
    (f32x4.extract_lane 0 ${total})))`;
  const module = (await initialize()).parseWat("peak.wat", text, {
    simd: true,
    relaxed_simd: true,
  });
  try {
    return await WebAssembly.compile(new Uint8Array(module.toBinary({}).buffer));
  } finally {
    module.destroy();
  }
}

interface FmaPeak {
  /** GFLOP/s of so many threads that compute at the same time. */
  measure(threads: number): Promise<number>;
  stop(): void;
}

/** Starts as many threads as any measurement needs, each with the compiled loop. */
export async function startFmaPeak(most: number): Promise<FmaPeak> {
  const module = await loopModule();
  const workers = Array.from(
    { length: most },
    () => new Worker(new URL("./fma_peak_worker.ts", import.meta.url), { type: "module" }),
  );
  const ask = (worker: Worker, loop: FmaLoop) =>
    new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`a thread of the FMA peak failed: ${event.message}`));
      };
      worker.postMessage(loop);
    });
  const measure = async (threads: number) => {
    const loop = { module, turns: TURNS, milliseconds: MILLISECONDS };
    const turns = await Promise.all(
      workers.slice(0, threads).map((worker) => ask(worker, loop)),
    );
    return turns.reduce((sum, turnsAMillisecond) => sum + turnsAMillisecond, 0) * FLOP / 1e6;
  };
  // V8 optimizes the loop while it runs for the first time.
  await measure(most);
  return { measure, stop: () => workers.forEach((worker) => worker.terminate()) };
}
