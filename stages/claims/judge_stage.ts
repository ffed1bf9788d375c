/** Makes the stages that judge claims. Each verdict is computed from other jobs' measurements. */
import {
  type ClaimDefinition,
  type ControlDefinition,
  ledgerOf,
} from "../../pipeline/claims/claim.ts";
import { type ArtifactTypes, defineStage, type Values } from "../../pipeline/engine/stage.ts";
import { ledger } from "../../pipeline/formats/metrics.ts";

/** `measurements` are the inputs, with constants that no job measures. */
export function judgeStage<const I extends ArtifactTypes, M>(
  { questions, claims, controls, measurements, ...declared }: {
    readonly name: string;
    readonly module: string;
    readonly inputs: I;
    readonly questions: string;
    readonly claims: readonly ClaimDefinition<NoInfer<M>>[];
    readonly controls: readonly ControlDefinition<NoInfer<M>>[];
    measurements(inputs: Values<I>): M;
  },
) {
  return defineStage({
    ...declared,
    about: `judges the claims of ${questions} by what was measured`,
    outputs: { claims: ledger },
    names: () => ({ claims: [...claims, ...controls].map(({ id }) => id) }),
    // Math.exp and Math.log, in intervals.
    machine: ["arch", "v8"],
    run: ({ inputs }) => ({ claims: ledgerOf(claims, controls, measurements(inputs)) }),
  });
}
