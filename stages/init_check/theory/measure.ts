/**
 * Measures a whole design, artifact by artifact. Each cell has its own stream, so its result does
 * not depend on the other cells.
 */
import type { DepthTheory, LayerTheory, TheoryDesign } from "../../../schemas/assignment/theory.ts";
import { createNormalKernel, type NormalKernel } from "../../random/standard_normal_kernel.ts";
import * as analytic from "./analytic.ts";
import { drawsOfLayer, drawsOfNetwork } from "./design.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { adjust } from "./holm.ts";
import { type Instruments, layerCapacity, layerVectors, measureLayer } from "./layer_moments.ts";
import {
  measureCurves,
  measureNetworks,
  networkCapacity,
  networkVectors,
} from "./network_moments.ts";
import { measureRelu } from "./relu.ts";
import { networkEstimates } from "./network_estimates.ts";

/** Settings that a caller may replace, and callbacks. */
export interface Options {
  /** Weights drawn so far and in all. */
  progress?(done: number, total: number): void;
  /** In place of the right one: for tests that break it. */
  theory?: analytic.Theory;
  kernel?(kernel: NormalKernel): NormalKernel;
}

async function instruments(capacity: number, options: Options): Promise<Instruments> {
  const [kernel, r] = await Promise.all([createNormalKernel(capacity), distributions()]);
  return { kernel: options.kernel?.(kernel) ?? kernel, r, theory: options.theory ?? analytic };
}

/** Runs `measure` for each cell and reports the draws made. */
function inTurn<Cell, Row>(
  cells: readonly Cell[],
  drawsOf: (cell: Cell) => number,
  measure: (cell: Cell) => Row,
  report: (draws: number) => void,
): Row[] {
  return cells.map((cell) => {
    const row = measure(cell);
    report(drawsOf(cell));
    return row;
  });
}

function reporter(total: number, options: Options): (draws: number) => void {
  let done = 0;
  return (draws) => options.progress?.(done += draws, total);
}

const total = (draws: readonly number[]): number => draws.reduce((sum, one) => sum + one, 0);

/** One layer, forward (with the moments after a ReLU) or backward. */
export async function measureLayers(
  design: TheoryDesign,
  direction: LayerTheory["direction"],
  options: Options = {},
): Promise<LayerTheory> {
  const cells = design.layers.filter((cell) => cell.direction === direction);
  const reluCells = direction === "forward" ? design.relu : [];
  const longest = Math.max(...[...cells, ...reluCells].flatMap(({ nIn, nOut }) => [nIn, nOut]));
  const tools = await instruments(layerCapacity(longest), options);
  const vectors = layerVectors(tools.kernel, longest);
  const drawsOfRelu = ({ draws, nIn, nOut }: typeof reluCells[number]) => draws * nIn * nOut;
  const report = reporter(
    total([...cells.map(drawsOfLayer), ...reluCells.map(drawsOfRelu)]),
    options,
  );
  const rows = inTurn(
    cells,
    drawsOfLayer,
    (cell) => measureLayer(cell, design, tools, vectors),
    report,
  );
  const relu = inTurn(
    reluCells,
    drawsOfRelu,
    (cell) => measureRelu(cell, design, tools, vectors),
    report,
  );
  adjust([
    ...rows.flatMap(({ conditional, mean, unconditional, weights }) => [
      conditional,
      mean,
      unconditional,
      weights?.secondMoment,
    ]),
    ...relu.flatMap(({ mean, secondMoment, variance }) => [mean, secondMoment, variance]),
  ]);
  return { direction, epsilon: design.epsilon, level: design.level, rows, relu };
}

/** Deep networks. */
export async function measureDepth(
  design: TheoryDesign,
  options: Options = {},
): Promise<DepthTheory> {
  const tools = await instruments(networkCapacity(design.networks), options);
  const vectors = networkVectors(tools.kernel, design.networks);
  const report = reporter(total(design.networks.map(drawsOfNetwork)), options);
  const isCurve = ({ purpose }: { purpose: string }) => purpose === "curves";
  const curves = inTurn(
    design.networks.filter(isCurve),
    drawsOfNetwork,
    (cell) => measureCurves(cell, design, tools, vectors),
    report,
  );
  const rows = inTurn(
    design.networks.filter((cell) => !isCurve(cell)),
    drawsOfNetwork,
    (cell) => measureNetworks(cell, design, tools, vectors),
    report,
  );
  adjust(rows.flatMap(networkEstimates));
  const { epsilon, perLayer, level } = design;
  return { epsilon, perLayer, level, rows, curves };
}
