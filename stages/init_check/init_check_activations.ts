/**
 * `init-check-activations`: computes moments and gains of activation functions by quadrature, and
 * all of question 2 that is algebra. No chance is involved.
 */
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { activationTheory } from "./theory_artifacts.ts";
import { activationTheory as compute } from "./theory/algebra.ts";
import * as analytic from "./theory/analytic.ts";
import { distributions } from "../../pipeline/claims/distributions.ts";

export const initCheckActivations = defineStage({
  name: "init-check-activations",
  module: import.meta.url,
  about: "computes moments and gains of activation functions by quadrature",
  inputs: {},
  outputs: { activations: activationTheory, metrics },
  // Math.exp, Math.tanh and their like.
  machine: ["arch", "v8"],
  async run() {
    const activations = compute(await distributions(), analytic);
    return {
      activations,
      metrics: Object.fromEntries(
        activations.moments.map(({ name, gain }) => [`gain.${name.replace(".", "-")}`, gain]),
      ),
    };
  },
});
