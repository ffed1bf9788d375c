/**
 * Tests whole deep networks against the mean field: activations and gradients of every activation
 * function. Also tests the spread between networks, which decreases with width and not with their number.
 */
import { assert, assertAlmostEquals } from "@std/assert";
import type { Curves, DepthPoint, NetworkCell } from "../../../schemas/assignment/theory.ts";
import { designOf } from "../../../stages/init_check/theory/design.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { measureDepth } from "../../../stages/init_check/theory/measure.ts";

const r = await distributions();
const design = designOf(r, { seed: 7, epsilon: 0.18, depth: 6 });

async function curvesOf(cells: Partial<NetworkCell>[]): Promise<Curves[]> {
  const [first] = design.networks.filter(({ purpose }) => purpose === "curves");
  const networks = cells.map((cell, stream) => ({ ...first, ...cell, stream }));
  return (await measureDepth({ ...design, networks })).curves;
}

/** ln of measured over predicted, in standard errors of the mean over networks. */
const errors = (points: readonly DepthPoint[], networks: number): number[] =>
  points.filter(({ logDeviation }) => logDeviation > 0).map((
    { predicted, measured, logDeviation },
  ) => Math.log(measured / predicted) / (logDeviation / Math.sqrt(networks)));

Deno.test("activations and gradients of wide networks are those of the mean field, for each function", async () => {
  const networks = 40;
  const curves = await curvesOf(
    (["linear", "relu", "tanh", "sigmoid"] as const).flatMap((activation) =>
      [1, 2].map((gain) => ({ activation, gain, width: 256, networks }))
    ),
  );
  for (const { cell, secondMoment, variance, gradient, gradientVariance } of curves) {
    for (const points of [secondMoment, variance, gradient, gradientVariance]) {
      assert(points.length === cell.depth + 1);
      for (const error of errors(points, networks)) {
        // Five, and room for what finite width adds to the mean, of the order of depth/width.
        assert(Math.abs(error) < 6, `${cell.activation}, n σ² ${cell.gain}: ${error}`);
      }
    }
  }
});

Deno.test("the spread between networks grows with depth over width, as predicted", async () => {
  const networks = 300;
  for (
    const { cell, secondMoment, gradient, logGrowth } of await curvesOf([
      { activation: "linear", gain: 1, width: 24, networks },
      { activation: "relu", gain: 2, width: 48, networks },
      { activation: "linear", gain: 1, width: 96, networks },
    ])
  ) {
    assert(logGrowth !== null);
    for (let layer = 1; layer <= cell.depth; layer++) {
      const spread = Math.sqrt(layer * logGrowth.variance);
      for (const point of [secondMoment[layer], gradient[cell.depth - layer]]) {
        const { logDeviation, logMean, predicted } = point;
        // Five standard errors of a standard deviation, and of a mean.
        assertAlmostEquals(logDeviation / spread, 1, 5 / Math.sqrt(2 * networks) * 1.2);
        const drift = logMean - Math.log(predicted) - layer * logGrowth.mean;
        assert(Math.abs(drift) < 5 * spread / Math.sqrt(networks), String(drift / spread));
      }
    }
  }
});
