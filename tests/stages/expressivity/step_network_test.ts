/** Tests step networks of one input: the function of each construction, right to its edges. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Neuron, StepNetwork } from "../../../schemas/assignment/step_networks.ts";
import { nextDown, nextUp } from "../../../stages/expressivity/adjacent.ts";
import {
  bothSigns,
  box,
  boxes,
  exactBox,
  openBoxes,
  sharedEdges,
  signInTextAlone,
} from "../../../stages/expressivity/boxes.ts";
import { cells } from "../../../stages/expressivity/cells.ts";
import {
  evaluate,
  evaluateAll,
  evaluateEachNeuron,
  hiddenNeurons,
} from "../../../stages/expressivity/step_network.ts";
import { at, finite } from "../../support/network_values.ts";

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

Deno.test("networks are evaluated together as each alone, whether they have the same hidden layers or not", () => {
  const points = Float64Array.of(-2, -1, -0.5, 0, 0.25, 1);
  fc.assert(fc.property(anyNetwork, anyNetwork, (network, other) => {
    const { output } = network;
    const turned = { ...network, output: { ...output, bias: output.bias + 1 } };
    fc.pre(network.inputs === other.inputs);
    for (const together of [[network], [network, turned], [network, turned, other]]) {
      const found = evaluateAll(together, points);
      assertEquals(found, together.map((one) => evaluateEachNeuron(one, points)));
    }
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
