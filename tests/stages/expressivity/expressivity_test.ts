/** Tests the stage of step networks: its artifacts and their bytes. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { box } from "../../../stages/expressivity/boxes.ts";
import { expressivity } from "../../../stages/expressivity/expressivity.ts";
import { at } from "../../support/network_values.ts";

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
