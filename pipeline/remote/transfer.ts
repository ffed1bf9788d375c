/**
 * Bounds transfers over HTTP in time and repeats those that may succeed, for the remote store and for
 * downloads of data sets. The two differ in what they ask for, what they resume and how they word
 * failures.
 */

interface Limit {
  /** In ms. */
  readonly after: number;
  /** The error of a transfer that exceeds the limit. */
  error(): Error;
}

export interface Watch extends Disposable {
  /** Aborted with the error of the limit that was exceeded, or with the reason of `outer`. */
  readonly signal: AbortSignal;
  /** Reports that a byte moved. */
  touch(): void;
}

/**
 * Watches a transfer until disposed: `stall` limits the time without a byte, `whole` the time of all.
 * Disposing it aborts what is still under way.
 */
export function watchTransfer(
  { stall, whole }: { stall?: Limit; whole?: Limit },
  outer?: AbortSignal,
): Watch {
  const controller = new AbortController();
  const start = (limit: Limit | undefined) =>
    limit && setTimeout(() => controller.abort(limit.error()), limit.after);
  const total = start(whole);
  let quiet = start(stall);
  const stop = () => controller.abort(outer!.reason);
  if (outer?.aborted) stop();
  outer?.addEventListener("abort", stop, { once: true });
  return {
    signal: controller.signal,
    touch() {
      clearTimeout(quiet);
      quiet = start(stall);
    },
    [Symbol.dispose]() {
      clearTimeout(quiet);
      clearTimeout(total);
      outer?.removeEventListener("abort", stop);
      controller.abort(new Error("the transfer is over"));
    },
  };
}

/** Repeats what fails with a transient error, once after each of `delays`, in ms; throws the last error. */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { delays, isTransient, pause }: {
    delays: readonly number[];
    isTransient(error: unknown): boolean;
    pause(milliseconds: number): Promise<void>;
  },
): Promise<T> {
  for (const delay of delays) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    await pause(delay);
  }
  return await attempt();
}
