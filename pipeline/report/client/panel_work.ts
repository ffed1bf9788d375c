/**
 * Runs a panel's computation in slices, so that the page answers between them, and shows what is found
 * while it goes on. A newer computation ends the one before.
 */
/// <reference lib="dom" />
import type { Computation, Outcome, Settings } from "../panels/panel.ts";
import { pause } from "./pause.ts";

/** Milliseconds that the page computes at a time, and between two drawings. */
const slice = 10;
const interval = 150;

interface Work {
  start(settings: Settings): Promise<void>;
  stop(): void;
}

/** `show` gets what is found, and at the end that it is all. */
export function openWork(
  compute: Computation,
  show: (outcome: Outcome, isAll: boolean) => Promise<void>,
): Work {
  let newest = 0;
  return {
    async start(settings) {
      const own = ++newest;
      const steps = compute(settings);
      let shown = performance.now();
      for (;;) {
        const end = performance.now() + slice;
        let step = steps.next();
        while (!step.done && performance.now() < end) step = steps.next();
        const isAll = step.done === true;
        if (isAll || performance.now() - shown > interval) {
          await show(step.value(), isAll);
          shown = performance.now();
        }
        if (isAll) return;
        await pause();
        if (own !== newest) return;
      }
    },
    stop: () => void newest++,
  };
}
