/** Sends signals to processes that may have ended by then. */

/** Signals a process; does nothing once it has ended, which Deno takes for an error. */
export function sendSignal(process: Pick<Deno.ChildProcess, "kill">, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
