/** Tests step networks of many inputs: cells, what a single layer cannot, and the neurons needed. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Neuron, StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import { nextDown, nextUp } from "../../../stages/expressivity/adjacent.ts";
import { evenEdges, midpoints } from "../../../stages/expressivity/boxes.ts";
import { cells, oneLayerCell, tuples } from "../../../stages/expressivity/cells.ts";
import { measureDimensions } from "../../../stages/expressivity/dimensions.ts";
import { manyInputs } from "../../../stages/expressivity/functions.ts";
import { evaluate, hiddenNeurons } from "../../../stages/expressivity/step_network.ts";
import { at, finite } from "../../support/network_values.ts";

Deno.test("in d dimensions the network is the height of the half-open cell that holds the point", () => {
  const edges = [-1, -0.25, 0.5, 1];
  const coordinate = fc.oneof(
    finite(-1.5, 1.5),
    fc.constantFrom(...edges.flatMap((edge) => [nextDown(edge), edge, nextUp(edge)])),
  );
  for (const dimension of [1, 2, 3]) {
    const heights = tuples(dimension, 3).map((_, c) => c + 1);
    const network = cells(dimension, edges, heights);
    assertEquals(hiddenNeurons(network), [dimension * 4, 3 ** dimension]);
    fc.assert(fc.property(
      fc.array(coordinate, { minLength: dimension, maxLength: dimension }),
      (point) => {
        const index = point.map((x) => edges.findIndex((l, i) => l < x && x <= edges[i + 1]));
        const inside = index.every((i) => i !== -1);
        const expected = inside ? heights[index.reduce((total, i) => 3 * total + i, 0)] : 0;
        assertEquals(at(network, ...point), expected);
      },
    ));
  }
});

Deno.test("no single layer of step neurons of single coordinates comes nearer to a cell than (d - 1)/(2d)", () => {
  const axisNeuron = (dimension: number) =>
    fc.record({
      k: fc.nat(dimension - 1),
      edge: finite(-1, 2),
      sign: fc.constantFrom(1 as const, -1 as const),
      weight: finite(-1, 1),
    });
  for (const dimension of [2, 3, 4]) {
    const least = (dimension - 1) / (2 * dimension);
    const corners = tuples(dimension, 2);
    const deviation = (network: StepNetwork) =>
      Math.max(
        ...corners.map((corner) =>
          Math.abs(
            at(network, ...corner.map((i) => i + 0.5)) - (corner.every((i) => i === 0) ? 1 : 0),
          )
        ),
      );
    assertAlmostEquals(deviation(oneLayerCell(dimension, 0, 1)), least, 1e-12);
    fc.assert(fc.property(
      fc.array(axisNeuron(dimension), { minLength: 1, maxLength: 8 }),
      finite(-1, 1),
      (neurons, bias) => {
        const network: StepNetwork = {
          inputs: dimension,
          hidden: [neurons.map(({ k, edge, sign }) => ({
            from: [k],
            weights: [sign],
            bias: -sign * edge,
            sign: 1,
          }))],
          output: {
            from: neurons.map((_, i) => i),
            weights: neurons.map(({ weight }) => weight),
            bias,
            sign: 1,
          },
        };
        assert(deviation(network) >= least - 1e-9);
      },
    ));
  }
});

Deno.test("with slanted neurons too, a single layer jumps the same all along an edge's line", () => {
  const edge = 0.25;
  const slanted = fc.record({
    from: fc.constant<number[]>([0, 1]),
    weights: fc.tuple(finite(-1, 1), finite(-1, 1)).map(([a, b]) => [a, b]),
    bias: finite(-1, 1),
    sign: fc.constant(1 as const),
  });
  fc.assert(fc.property(
    fc.array(slanted, { minLength: 1, maxLength: 6 }),
    fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 7, maxLength: 7 }),
    finite(-2, 2),
    finite(-2, 2),
    (others, weights, y1, y2) => {
      const layer: Neuron[] = [{ from: [0], weights: [1], bias: -edge, sign: 1 }, ...others];
      const network: StepNetwork = {
        inputs: 2,
        hidden: [layer],
        output: {
          from: layer.map((_, i) => i),
          weights: layer.map((_, i) => weights[i]),
          bias: 0,
          sign: 1,
        },
      };
      // Lines of other neurons that cross between the two sides of the edge would jump as well.
      const sides = (y: number) => [at(network, edge, y), at(network, nextUp(edge), y)];
      const crosses = (y: number) =>
        others.some(({ weights: [a, b], bias }) => Math.abs(a * edge + b * y + bias) <= 1e-12);
      fc.pre(!crosses(y1) && !crosses(y2));
      const jump = ([left, right]: number[]) => right - left;
      assertEquals(jump(sides(y1)), weights[0]);
      assertEquals(jump(sides(y2)), weights[0]);
    },
  ));
});

Deno.test("of an error, N cells along each axis are needed as L·B/N says, in every dimension", () => {
  const { needed, cells: measuredCells, growth, errors } = measureDimensions({
    dimensions: 3,
    halfWidth: 2,
    errors: [0.45, 0.22],
  });
  for (const { error, dimension, cellsPerAxis, layers, neurons } of needed) {
    assertEquals(cellsPerAxis, Math.ceil(2 / error));
    assertEquals(layers, {
      edges: dimension * (cellsPerAxis + 1),
      cells: cellsPerAxis ** dimension,
    });
    assertEquals(neurons, layers.edges + layers.cells);
  }
  assertEquals(measuredCells.map(({ twoLayers }) => twoLayers), [0, 0, 0]);
  measuredCells.forEach(({ dimension, oneLayer, oneLayerAtLeast }) => {
    assertAlmostEquals(oneLayer, (dimension - 1) / (2 * dimension), 1e-12);
    assertAlmostEquals(oneLayerAtLeast, oneLayer, 1e-12);
  });
  assert(growth.every(({ factor, exponential, power }) => factor > 2 && exponential < power));
  // Random points find no larger error than the corners do.
  const wave = (i: number) => 2 * Math.sin(12.9898 * (i + 1));
  for (const [name, f] of Object.entries(manyInputs)) {
    const { sup } = errors.find((row) =>
      row.function === name && row.dimension === 2 && row.cellsPerAxis === 3
    )!;
    const edges = evenEdges(2, 3);
    const middles = midpoints(edges);
    const heights = tuples(2, 3).map(([i, j]) => f(Float64Array.of(middles[i], middles[j])));
    const points = Float64Array.from({ length: 4000 }, (_, i) => wave(i));
    evaluate(cells(2, edges, heights), points).forEach((value, p) => {
      assert(Math.abs(value - f(points.subarray(2 * p, 2 * p + 2))) <= sup * (1 + 1e-12), name);
    });
  }
});

Deno.test("the functions of many inputs have Lipschitz constant 1 in the max norm", () => {
  const point = fc.array(finite(-3, 3), { minLength: 3, maxLength: 3 });
  for (const f of Object.values(manyInputs)) {
    fc.assert(fc.property(point, point, (x, y) => {
      const distance = Math.max(...x.map((value, k) => Math.abs(value - y[k])));
      assert(Math.abs(f(Float64Array.from(x)) - f(Float64Array.from(y))) <= distance + 1e-12);
    }));
  }
});

Deno.test("networks that follow no function end the measurement with what was found", () => {
  assertThrows(
    () =>
      measureDimensions({ dimensions: 3, halfWidth: 1, errors: [0.45] }, {
        cells: (dimension, edges, heights) => cells(dimension, edges, heights.map(() => 0)),
        oneLayerCell,
        neurons: hiddenNeurons,
      }),
    Error,
    "do not approximate",
  );
});
