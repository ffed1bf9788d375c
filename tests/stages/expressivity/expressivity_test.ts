/** Tests step networks: the function of each construction, and the measurement of known errors. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import type { Neuron, StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import type { ChartSpec } from "../../../stages/visualize/chart_outputs.ts";
import { networkDiagram } from "../../../stages/visualize/charts/network_diagram.ts";
import { expressivity } from "../../../stages/expressivity/expressivity.ts";
import { nextDown, nextUp } from "../../../stages/expressivity/adjacent.ts";
import {
  bothSigns,
  box,
  boxes,
  evenEdges,
  exactBox,
  midpoints,
  openBoxes,
  sharedEdges,
  signInTextAlone,
} from "../../../stages/expressivity/boxes.ts";
import { cells, oneLayerCell, tuples } from "../../../stages/expressivity/cells.ts";
import { measureDimensions } from "../../../stages/expressivity/dimensions.ts";
import { meanNearestDistance, measureDistances } from "../../../stages/expressivity/distances.ts";
import { measureErrors } from "../../../stages/expressivity/errors.ts";
import { manyInputs, type Subject, subjects } from "../../../stages/expressivity/functions.ts";
import { fitLine } from "../../../stages/expressivity/line.ts";
import { sampleApproximations } from "../../../stages/expressivity/sample_points.ts";
import {
  evaluate,
  evaluateEachNeuron,
  hiddenNeurons,
} from "../../../stages/expressivity/step_network.ts";

const at = (network: StepNetwork, ...point: number[]): number =>
  evaluate(network, Float64Array.from(point))[0];

const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const height = finite(-1e6, 1e6).filter((h) => h !== 0);
const width = finite(1e-9, 1e6);
/** Points of all sizes, and those next to the edges 0 and `w`. */
const pointNear = (w: number) =>
  fc.oneof(
    finite(-1e9, 1e9),
    finite(-w, 2 * w),
    fc.constantFrom(0, w, ...[0, w].flatMap((edge) => [nextDown(edge), nextUp(edge)])),
  );
const boxAndPoint = fc.tuple(height, width).chain(([h, w]) =>
  fc.record({ h: fc.constant(h), w: fc.constant(w), x: pointNear(w) })
);

/** Ascending edges, and a height for each gap. */
const row = fc.uniqueArray(finite(-100, 100), { minLength: 2, maxLength: 40 })
  .map((edges) => edges.map((edge) => edge + 0).sort((a, b) => a - b))
  .filter((edges) => edges.every((edge, i) => i === 0 || edges[i - 1] < edge))
  .chain((edges) =>
    fc.record({
      edges: fc.constant(edges),
      heights: fc.array(finite(-10, 10), {
        minLength: edges.length - 1,
        maxLength: edges.length - 1,
      }),
      points: fc.array(
        fc.oneof(
          finite(-120, 120),
          fc.constantFrom(...edges.flatMap((edge) => [nextDown(edge), edge, nextUp(edge)])),
        ),
        { minLength: 1, maxLength: 20 },
      ),
    })
  );

/** The value that a row of half-open boxes should have. */
function piece(edges: readonly number[], heights: readonly number[], x: number): number {
  const i = edges.findIndex((left, i) => left < x && x <= (edges[i + 1] ?? -Infinity));
  return i === -1 ? 0 : heights[i];
}

/** The definition, neuron by neuron. */
function byDefinition({ hidden, output }: StepNetwork, point: number[]): number {
  const input = ({ from, weights, bias }: Neuron, before: number[]) =>
    from.reduce((total, i, k) => total + weights[k] * before[i], 0) + bias;
  const last = hidden.reduce(
    (before, layer) => layer.map((neuron) => input(neuron, before) > 0 ? Number(neuron.sign) : 0),
    point,
  );
  return input(output, last);
}

const neuronOf = (width: number) =>
  fc.record({
    from: fc.array(fc.nat(width - 1), { maxLength: 4 }),
    bias: finite(-2, 2),
    sign: fc.constantFrom(1 as const, -1 as const),
  }).chain(({ from, bias, sign }) =>
    fc.array(finite(-2, 2), { minLength: from.length, maxLength: from.length })
      .map((weights): Neuron => ({ from, weights, bias, sign }))
  );
const layerOf = (width: number) => fc.array(neuronOf(width), { minLength: 1, maxLength: 5 });
const anyNetwork: fc.Arbitrary<StepNetwork> = fc.integer({ min: 1, max: 3 }).chain((inputs) =>
  layerOf(inputs).chain((first) =>
    layerOf(first.length).chain((second) =>
      neuronOf(second.length).map((output) => ({ inputs, hidden: [first, second], output }))
    )
  )
);

Deno.test("a network is evaluated as its definition says", () => {
  fc.assert(fc.property(anyNetwork, finite(-3, 3), finite(-3, 3), finite(-3, 3), (net, x, y, z) => {
    const point = [x, y, z].slice(0, net.inputs);
    assertEquals(at(net, ...point) + 0, byDefinition(net, point) + 0);
  }));
});

Deno.test("of a row of boxes, summing the active neurons alone gives the same bits", () => {
  fc.assert(fc.property(row, ({ edges, heights, points }) => {
    for (const build of [boxes, sharedEdges]) {
      const network = build(edges, heights);
      const x = Float64Array.from(points);
      assertEquals(evaluate(network, x), evaluateEachNeuron(network, x));
      // The shortcut must not be taken for neurons in another order: there it would be wrong.
      const [layer] = network.hidden;
      const turned = { ...network, hidden: [layer.toReversed()] };
      assertEquals(evaluate(turned, x), evaluateEachNeuron(turned, x));
    }
  }));
});

Deno.test("a connection from nowhere, or half a point, is refused", () => {
  const network = box(1, 1);
  const dangling = { ...network, output: { ...network.output, from: [0, 2] } };
  assertThrows(() => at(dangling, 1), RangeError, "from the 2 values before");
  assertThrows(() => at(cells(2, [0, 1], [1]), 1), RangeError, "2 coordinates a point");
});

Deno.test("the next float64 is the next: nothing lies between", () => {
  fc.assert(fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (x) => {
    const above = nextUp(x);
    assert(above > x);
    const middle = x / 2 + above / 2;
    assert(middle === x || middle === above || Math.abs(x) < 1e-300);
    assertEquals(nextDown(above) + 0, x + 0);
  }));
  assertEquals(nextUp(0), Number.MIN_VALUE);
  assertEquals(nextUp(-0), Number.MIN_VALUE);
  assertEquals(nextDown(0), -Number.MIN_VALUE);
  assertEquals(nextUp(1), 1 + Number.EPSILON);
});

Deno.test("the box is h on (0, δ], its right edge included, and 0 elsewhere", () => {
  fc.assert(fc.property(boxAndPoint, ({ h, w, x }) => {
    assertEquals(at(box(h, w), x), 0 < x && x <= w ? h : 0);
  }));
});

Deno.test("h·σ(x) + h·σ(δ - x) - h is h on (0, δ) and 0 elsewhere, also at both edges", () => {
  fc.assert(fc.property(boxAndPoint, ({ h, w, x }) => {
    assertEquals(at(exactBox(h, w), x), 0 < x && x < w ? h : 0);
    assertEquals(at(exactBox(h, w), w), 0);
  }));
});

Deno.test("either sign alone is the box, both together are 2h beyond δ", () => {
  fc.assert(fc.property(boxAndPoint, ({ h, w, x }) => {
    assertEquals(at(signInTextAlone(h, w), x), at(box(h, w), x));
    assertEquals(at(bothSigns(h, w), x), x <= 0 ? 0 : x <= w ? h : 2 * h);
  }));
});

Deno.test("N boxes are exactly the heights on (l, r], from 2N hidden neurons", () => {
  fc.assert(fc.property(row, ({ edges, heights, points }) => {
    const network = boxes(edges, heights);
    assertEquals(hiddenNeurons(network), [2 * heights.length]);
    for (const x of points) assertEquals(at(network, x) + 0, piece(edges, heights, x) + 0);
  }));
});

Deno.test("N + 1 neurons with shared edges give the same, to the rounding of their sum", () => {
  fc.assert(fc.property(row, ({ edges, heights, points }) => {
    const network = sharedEdges(edges, heights);
    assertEquals(hiddenNeurons(network), [heights.length + 1]);
    // Each of N + 1 differences of numbers up to 10 and each of their partial sums is rounded once.
    const bound = (heights.length + 1) * 40 * 2 ** -53;
    for (const x of points) {
      assertAlmostEquals(at(network, x), piece(edges, heights, x), bound);
    }
  }));
});

Deno.test("open boxes are 0 at every edge", () => {
  fc.assert(fc.property(row, ({ edges, heights }) => {
    const bound = heights.length * 40 * 2 ** -53;
    for (const edge of edges) assertAlmostEquals(at(openBoxes(edges, heights), edge), 0, bound);
  }));
});

/** Continuous and linear between random knots on [-1, 1], with slopes of at most `lipschitz`. */
const lipschitzFunction = fc.record({
  lipschitz: finite(0.1, 20),
  slopes: fc.array(finite(-1, 1), { minLength: 1, maxLength: 12 }),
}).map(({ lipschitz, slopes }) => {
  const side = 2 / slopes.length;
  const f = (x: number) =>
    slopes.reduce(
      (total, slope, k) =>
        total + slope * lipschitz * Math.min(Math.max(x + 1 - k * side, 0), side),
      0,
    );
  return { lipschitz, f };
});

Deno.test("the error of N boxes is at most L·B/N for any function with Lipschitz constant L", () => {
  fc.assert(fc.property(
    lipschitzFunction,
    fc.integer({ min: 1, max: 50 }),
    fc.array(finite(-1, 1), { minLength: 30, maxLength: 30 }),
    ({ lipschitz, f }, count, points) => {
      const edges = evenEdges(1, count);
      const network = boxes(edges, midpoints(edges).map(f));
      for (const x of [...points, ...edges.slice(1), ...edges.slice(0, -1).map(nextUp)]) {
        if (x === -1) continue;
        assert(Math.abs(f(x) - at(network, x)) <= lipschitz / count * (1 + 1e-9) + 1e-12);
      }
    },
  ));
});

Deno.test("no sample finds a larger error than the supremum, and one comes near to it", () => {
  for (const [name, subject] of Object.entries(subjects)) {
    const { rows } = measureErrors(name, subject, { halfWidth: 1, largestN: 1024 });
    for (const { boxes: count, sup, bound } of rows.slice(0, 7)) {
      const edges = evenEdges(1, count);
      const network = boxes(edges, midpoints(edges).map(subject.f));
      const samples = 20_000;
      const points = Float64Array.from({ length: samples }, (_, i) => -1 + 2 * (i + 1) / samples);
      const values = evaluate(network, points);
      const found = Math.max(...values.map((value, i) => Math.abs(value - subject.f(points[i]))));
      assert(found <= sup * (1 + 1e-12), `${name}, ${count} boxes: ${found} > ${sup}`);
      assert(found >= sup - subject.lipschitz * 2 / samples, `${name}, ${count} boxes`);
      assert(sup <= bound * (1 + 1e-9));
    }
  }
});

Deno.test("the Lipschitz constants hold, and are nearly reached", () => {
  for (const [name, { f, lipschitz }] of Object.entries<Subject>(subjects)) {
    const steps = 100_000;
    let steepest = 0;
    for (let i = 0; i < steps; i++) {
      const [x, y] = [-1 + 2 * i / steps, -1 + 2 * (i + 1) / steps];
      steepest = Math.max(steepest, Math.abs(f(y) - f(x)) / (y - x));
    }
    assert(steepest <= lipschitz * (1 + 1e-9), name);
    assert(steepest >= lipschitz * 0.999, name);
  }
});

Deno.test("every function's error is of first order, and the network is 0 at -B", () => {
  for (const [name, subject] of Object.entries(subjects)) {
    const { order, leftEnd } = measureErrors(name, subject, { halfWidth: 1, largestN: 1024 });
    assertAlmostEquals(order.fitted, 1, 0.02);
    assert(order.local.low <= order.fitted && order.fitted <= order.local.high);
    assertEquals(leftEnd, { wanted: subject.f(-1), network: 0 });
  }
});

Deno.test("of a straight line the errors are known: half a step's rise, and that over √3 in L2", () => {
  const line: Subject = {
    formula: "3x",
    character: "smooth",
    f: (x) => 3 * x,
    lipschitz: 3,
    turns: () => [],
  };
  for (
    const { boxes: count, sup, l2 } of measureErrors("line", line, {
      halfWidth: 2,
      largestN: 1024,
    }).rows
  ) {
    assertAlmostEquals(sup, 6 / count, 1e-12);
    assertAlmostEquals(l2, 6 / count / Math.sqrt(3) * Math.sqrt(4), 1e-12);
  }
});

Deno.test("errors are compared with L·B/N, whatever B is", () => {
  const { rows } = measureErrors("kinked", subjects.kinked, { halfWidth: 2, largestN: 16 });
  assertEquals(rows.map(({ bound }) => bound), [2, 1, 0.5, 0.25, 0.125]);
  const { errors } = measureDimensions({ dimensions: 3, halfWidth: 2, errors: [0.5] });
  for (const { bound, cellsPerAxis } of errors) assertEquals(bound, 2 / cellsPerAxis);
});

Deno.test("the fit of a line gives slope, residual and standard error", () => {
  // numpy: np.polyfit([0,1,2,3], [1,3,4,8], 1, cov="unscaled"), with residual/(n - 2) as variance.
  const { slope, residual, slopeStandardError } = fitLine(
    [[0, 1], [1, 3], [2, 4], [3, 8]],
  );
  assertAlmostEquals(slope, 2.2, 1e-12);
  assertAlmostEquals(residual, 1.8, 1e-12);
  assertAlmostEquals(slopeStandardError, Math.sqrt(0.9 / 5), 1e-12);
  assertThrows(() => fitLine([[0, 1], [1, 2]]), RangeError, "three points");
});

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

Deno.test("nearest neighbours are as far as formulas say", async () => {
  assertEquals(meanNearestDistance(Float64Array.of(0, 0.25, 1), 1), (0.25 + 0.25 + 0.75) / 3);
  assertEquals(meanNearestDistance(Float64Array.of(0, 0, 3, 4), 2), 5);
  const settings = { dimensions: 3, sets: 2000, seed: 1 };
  const pairs = await measureDistances({ ...settings, points: [2] });
  const many = await measureDistances({ ...settings, points: [20] });
  // Mean distance of two points in the unit square and cube (mathworld.wolfram.com/CubeLinePicking.html,
  // SquareLinePicking.html), and of m on a line: m - 2 least of two spacings, two single ones.
  const expected = [1 / 3, 0.5214054331647207, 0.6617071822671762];
  pairs.rows.forEach(({ interval }, k) => {
    assert(interval.low <= expected[k] && expected[k] <= interval.high, `d = ${k + 1}`);
  });
  const [{ interval }] = many.rows;
  const onLine = (20 + 2) / (2 * 20 * (20 + 1));
  assert(interval.low <= onLine && onLine <= interval.high);
});

Deno.test("the same seed gives the same distances, another seed others", async () => {
  const measure = (seed: number) =>
    measureDistances({ dimensions: 2, points: [8], sets: 10, seed });
  assertEquals(await measure(3), await measure(3));
  assert((await measure(3)).rows[0].mean !== (await measure(4)).rows[0].mean);
});

const effects = {} as Effects;
const quick = expressivity.parameters.parse({
  largestN: 1024,
  dimensions: 3,
  errors: [0.45, 0.22],
  nearest: { dimensions: 2, points: [16], sets: 10 },
});

Deno.test("the stage's artifacts fit their types, and the same parameters give the same bytes", async () => {
  const run = async () => {
    const outputs = await expressivity.run({ parameters: quick, inputs: {}, effects });
    return {
      outputs,
      files: {
        networks: expressivity.outputs.networks.encode(outputs.networks),
        exactness: expressivity.outputs.exactness.encode(outputs.exactness),
        errors: expressivity.outputs.errors.encode(outputs.errors),
        dimensions: expressivity.outputs.dimensions.encode(outputs.dimensions),
        distances: expressivity.outputs.distances.encode(outputs.distances),
        metrics: expressivity.outputs.metrics.encode(outputs.metrics),
        samples: expressivity.outputs.samples.encode(outputs.samples),
      },
    };
  };
  const first = await run();
  assertEquals((await run()).files, first.files);

  // A parameter table read back is the network.
  const tables = new Map(
    expressivity.outputs.networks.decode(first.files.networks)
      .map(({ name, network }) => [name, network]),
  );
  const [{ height, width }] = quick.boxes;
  assertEquals(tables.get("box"), box(height, width));
  const halfway = at(tables.get("boxes")!, 0.1);
  assertAlmostEquals(halfway, Math.abs(0.25 - 1 / 3), 1e-12);
  assertAlmostEquals(at(tables.get("shared-edges")!, 0.1), halfway, 1e-12);
});

Deno.test("what is sampled to be drawn is the function, and the network between its edges", () => {
  const { points, networks } = sampleApproximations("runge", subjects.runge, 1);
  for (const { x, y } of points) assertEquals(y, subjects.runge.f(x));
  for (const { boxes: count, edges, values } of networks) {
    assertEquals([edges.length, values.length], [count + 1, count]);
    const network = boxes(edges, midpoints(edges).map(subjects.runge.f));
    edges.slice(0, -1).forEach((edge, i) => {
      assertEquals(at(network, nextUp(edge)), values[i]);
      assertEquals(at(network, edges[i + 1]), values[i]);
    });
  }
});

/** Every text that a drawing's specification shows, sorted. */
function textsOf(spec: ChartSpec): string[] {
  const { layer } = spec as unknown as {
    layer: {
      data: { values: Record<string, string>[] };
      mark: { type: string; stroke?: string };
      encoding: { text?: { field: string } };
    }[];
  };
  return layer.filter(({ mark }) => mark.type === "text" && mark.stroke === undefined)
    .flatMap(({ data, encoding }) => data.values.map((value) => value[encoding.text!.field]))
    .sort();
}

Deno.test("a drawing shows every weight and every bias once, and compiles without a warning", async () => {
  const { warningsOf } = await import("../../support/vega_warnings.ts");
  const shown = (value: number) => String(Number(value.toPrecision(3))).replace("-", "\u2212");
  for (
    const network of [
      box(0.8, 0.5),
      bothSigns(-2.5, 0.3),
      boxes([-1, 0, 1], [1 / 3, -2]),
      cells(2, [-1, 0, 1], [1, 2, 3, 4]),
    ]
  ) {
    const spec = networkDiagram({ title: "t", subtitle: "s", network });
    const neurons = [...network.hidden.flat(), network.output];
    const symbols = [
      ...(network.inputs === 1 ? ["x"] : ["x₁", "x₂"]),
      ...network.hidden.flat().map(({ sign }) => sign === -1 ? "\u2212σ" : "σ"),
      "Σ",
    ];
    const numbers = neurons.flatMap(({ weights, bias }) => [...weights, bias]).map(shown);
    assertEquals(textsOf(spec), [...symbols, ...numbers].sort());
    assertEquals(warningsOf(spec), []);
  }
});
