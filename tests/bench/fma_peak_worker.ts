/** Runs the loop of `fma_peak.ts` for a while and answers with its turns per millisecond. */

export interface FmaLoop {
  module: WebAssembly.Module;
  /** Turns of the loop a call. */
  turns: number;
  milliseconds: number;
}

const thread = self as unknown as {
  onmessage: (event: MessageEvent<FmaLoop>) => void;
  postMessage(turnsAMillisecond: number): void;
};
let instance: WebAssembly.Instance | undefined;

thread.onmessage = ({ data: { module, turns, milliseconds } }) => {
  instance ??= new WebAssembly.Instance(module);
  const run = instance.exports.run as (turns: number, a: number) => number;
  const start = performance.now();
  let calls = 0;
  do {
    run(turns, 0.25);
    calls++;
  } while (performance.now() - start < milliseconds);
  thread.postMessage(calls * turns / (performance.now() - start));
};
