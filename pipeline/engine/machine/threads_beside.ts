/** A job's share of the processor's threads, where `parallel` jobs run at the same time, itself included. */
export const threadsBeside = (parallel: number): number =>
  Math.max(1, Math.floor(navigator.hardwareConcurrency / parallel));
