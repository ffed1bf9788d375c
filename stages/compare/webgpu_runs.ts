/** Reads this program's own runs of question 3 on WebGPU, which other backends are compared with. */
import committed from "../../artifacts/reference/webgpu-runs.json" with { type: "json" };

/** An epoch, counted from 0; losses are means of batch means in nats, correct answers are of 10,000. */
export interface Epoch {
  epoch: number;
  trainLoss: number;
  testLoss: number;
  testCorrect: number;
}

/** The epochs of the run from a seed; undefined where none is committed. */
export const webgpuRun = (seed: number): readonly Epoch[] | undefined =>
  committed.runs.find((run) => run.seed === seed)?.epochs;
