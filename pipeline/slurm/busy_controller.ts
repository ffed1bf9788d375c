/**
 * Calls Slurm's commands again while the controller is busy or away, with pauses that double. Slurm says so by
 * its messages alone: all its failures have one exit code.
 */
import { Failed } from "../engine/failed.ts";

/** An answer that the controller did not do its part now, and may do it later. */
interface Busy {
  program: string;
  message: string;
}

export type Answer<T> = { value: T } | { busy: Busy };

export interface Patience {
  /** Seconds for which calls to a busy controller are repeated. */
  seconds: number;
  /** Pause before the second call, in ms; 2 s by default. Each further one is twice as long. */
  pause?: number;
  /** Ends the waiting; its reason is thrown. */
  signal?: AbortSignal;
  /** Reports that it is busy, once for each call that has to wait. */
  onBusy(busy: Busy): void;
}

/** Longest pause between two calls, in ms. */
export const longestPause = 60_000;

/** Messages after which the controller has certainly not taken the request. */
const untaken = [
  /Unable to contact slurm controller \(connect failure\)/i,
  /Communication connection failure/i,
  /Connection refused/i,
  /No route to host/i,
  /Resource temporarily unavailable/i,
  /temporarily unable to accept job/i,
  /Slurm job queue full/i,
  /Job (step )?creation temporarily disabled/i,
  /Unable to create job record, try again/i,
  /Requested nodes are busy/i,
  /controller in standby mode/i,
  /can not be altered now, try again later/i,
  /Job is in transitional state/i,
  /Munge encode failed: (Failed to|Socket)/i,
];

/** Messages after which it may have taken the request: only the answer is missing. */
const unclear = [
  /Socket timed out on send\/recv operation/i,
  /Unable to contact slurm controller/i,
  /Zero Bytes were transmitted or received/i,
  /Message (send|receive) failure/i,
  /Received zero length message/i,
  /Received message length < 0/i,
  /Failed to send entire message/i,
  /Communication shutdown failure/i,
  /Insane message length/i,
  /Header lengths are longer than data received/i,
  /Transport endpoint is not connected/i,
  /Connection (reset by peer|timed out)/i,
  /Broken pipe/i,
];

const some = (messages: readonly RegExp[], text: string): boolean =>
  messages.some((message) => message.test(text));

/** True for a message of a controller that is busy or away. */
export const isBusy = (text: string): boolean => some(untaken, text) || isUnclear(text);

/** True for a message after which the controller may have done its part. */
export const isUnclear = (text: string): boolean => !some(untaken, text) && some(unclear, text);

/** Calls `ask` until it has a value. Throws `slurm-busy` once the time is over. */
export async function patiently<T>(
  { seconds, pause = 2000, signal, onBusy }: Patience,
  ask: () => Promise<Answer<T>>,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (let calls = 0;; calls++) {
    signal?.throwIfAborted();
    const answer = await ask();
    if ("value" in answer) return answer.value;
    signal?.throwIfAborted();
    const left = end - performance.now();
    if (left <= 0) throw new Failed({ reason: "slurm-busy", ...answer.busy, seconds });
    if (calls === 0) onBusy(answer.busy);
    const wait = Math.min(pause * 2 ** calls, longestPause, left);
    await pausing(wait, signal);
  }
}

/** Fulfilled after so many ms, or when the signal comes. */
function pausing(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
