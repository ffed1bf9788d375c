/**
 * `sigmoid-forms`: compares the sigmoid as the listing writes it, a choice between 1/(1 + e^-z) and
 * e^z/(1 + e^z) by `np.where`, with the sigmoid itself, and finds where its exponentials overflow.
 * `np.where` evaluates both branches for every z and then takes one.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { sigmoidForms } from "./by_hand_artifacts.ts";

/** Both branches of the choice at one z, and the one that is taken. */
export function chosen(z: number): { taken: number; branches: number[]; exponentials: number[] } {
  const exponentials = [Math.exp(-z), Math.exp(z)];
  const branches = [1 / (1 + exponentials[0]), exponentials[1] / (1 + exponentials[1])];
  return { taken: branches[z >= 0 ? 0 : 1], branches, exponentials };
}

/** σ(z) = exp(-log(1 + e^-z)), which needs no choice and overflows nowhere. */
export const reference = (z: number): number =>
  Math.exp(-(Math.max(0, -z) + Math.log1p(Math.exp(-Math.abs(z)))));

const overflows = (z: number): boolean =>
  chosen(z).exponentials.some((value) => !Number.isFinite(value));

export const compareSigmoidForms = defineStage({
  name: "sigmoid-forms",
  module: import.meta.url,
  about: "compares the listing's sigmoid with the sigmoid",
  parameters: z.strictObject({
    /** z of 0 to ± this, in steps of 1/4. */
    largest: z.int().positive().default(1000),
    /** ± this, as a clip has it; any below 709 does the same. */
    clip: z.int().positive().max(709).default(500),
  }),
  inputs: {},
  outputs: { forms: sigmoidForms, metrics },
  // Math.exp and Math.log1p are the engine's.
  machine: ["arch", "v8"],
  run({ parameters: { largest, clip } }) {
    const grid = Array.from({ length: 8 * largest + 1 }, (_, i) => i / 4 - largest);
    const clipped = (z: number) => Math.min(clip, Math.max(-clip, z));
    // Beyond -708 the sigmoid is subnormal and has few digits.
    const normal = grid.filter((z) => reference(z) > 2 ** -1021);
    const overflowing = grid.filter(overflows).map(Math.abs);
    const forms = {
      largest,
      clip,
      points: grid.length,
      relativeError: Math.max(
        ...normal.map((z) => Math.abs(chosen(z).taken / reference(z) - 1)),
      ),
      notFinite: grid.filter((z) => !Number.isFinite(chosen(z).taken)).length,
      overflowsFrom: overflowing.length === 0 ? null : Math.min(...overflowing),
      overflows: overflowing.length,
      branchesNotFinite: grid.filter((z) => chosen(z).branches.some((y) => !Number.isFinite(y)))
        .length,
      overflowsClipped: grid.map(clipped).filter(overflows).length,
      differenceByClip: Math.max(
        ...grid.map((z) => Math.abs(chosen(z).taken - chosen(clipped(z)).taken)),
      ),
    };
    return {
      forms,
      metrics: {
        "sigmoid.relative-error": forms.relativeError,
        "sigmoid.overflows": forms.overflows,
        "sigmoid.overflows-clipped": forms.overflowsClipped,
      },
    };
  },
});
