/** `compare-reported`: an evaluation beside the figures that were reported, each with its answer. */
import { z } from "zod";
import { findings } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { Expectation, Finding } from "../../schemas/run/findings.ts";
import { evaluation } from "../networks/network_artifacts.ts";
import { type Reported, reportedFigures } from "./reported.ts";

/** Whether a measured value is what was expected. */
export function agrees(expected: Expectation, measured: number): boolean {
  switch (expected.kind) {
    case "exact":
      return measured === expected.value;
    case "rounded":
      return measured.toFixed(expected.digits) === expected.value.toFixed(expected.digits);
    case "range":
      return expected.low <= measured && measured <= expected.high;
  }
}

export const compareReported = defineStage({
  name: "compare-reported",
  module: import.meta.url,
  about: "holds measured figures against the reported ones",
  parameters: z.strictObject({
    reported: z.enum(["as-described", "as-listed", "raw-pixels"]),
  }),
  inputs: { evaluation },
  outputs: { findings },
  run({ parameters, inputs }) {
    const { source, epochs }: Reported = reportedFigures[parameters.reported];
    const measured = new Map(inputs.evaluation.epochs.map((row) => [row.epoch, row]));
    const finding = (
      metric: string,
      expected: Expectation,
      value: number | undefined,
    ): Finding => ({
      metric,
      source,
      expected,
      measured: value ?? null,
      agrees: value !== undefined && agrees(expected, value),
    });
    return {
      findings: epochs.flatMap(({ epoch, correct, loss }) => {
        const row = measured.get(epoch);
        return [
          finding(`test-correct.epoch-${epoch}`, correct, row?.correct),
          ...(loss === undefined ? [] : [finding(`test-loss.epoch-${epoch}`, loss, row?.loss)]),
        ];
      }),
    };
  },
});
