/** Tests the errors of boxes: bounds, known errors, and the functions that are approximated. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { nextUp } from "../../../stages/expressivity/adjacent.ts";
import { boxes, evenEdges, midpoints } from "../../../stages/expressivity/boxes.ts";
import { measureDimensions } from "../../../stages/expressivity/dimensions.ts";
import { measureErrors } from "../../../stages/expressivity/errors.ts";
import { type Subject, subjects } from "../../../stages/expressivity/functions.ts";
import { fitLine } from "../../../stages/expressivity/line.ts";
import { sampleApproximations } from "../../../stages/expressivity/sample_points.ts";
import { evaluate } from "../../../stages/expressivity/step_network.ts";
import { at, finite } from "../../support/network_values.ts";

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
