/** `make-rings`: draws points of two rings around the same centre, which no straight line separates. */
import { defineStage } from "fanin";
import { z } from "zod";
import { points, tensor } from "./rings_artifacts.ts";
import { uniform } from "./uniform.ts";

export const makeRings = defineStage({
  name: "make-rings",
  module: import.meta.url,
  about: "draws labelled points of two rings",
  parameters: z.strictObject({
    seed: z.int().nonnegative(),
    count: z.int().min(2).default(400),
    /** Width of a ring; the radii are 1/2 and 1. */
    width: z.number().positive().default(0.3),
  }),
  outputs: { points },
  run({ parameters: { seed, count, width } }) {
    const random = uniform(seed);
    const places = new Float64Array(2 * count);
    const labels = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      labels[i] = i % 2;
      const radius = (labels[i] + 1) / 2 + width * (random() - 0.5);
      const angle = 2 * Math.PI * random();
      places.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * i);
    }
    return {
      points: {
        places: tensor([count, 2], places),
        labels: tensor([count], labels),
      },
    };
  },
});
