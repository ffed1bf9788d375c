/** Several requests that belong together: the first that fails ends the others. */

/**
 * Runs a task for every item, all at once; how many requests are made at a time is the client's matter.
 * Throws the first failure, once nothing is going on any more.
 */
export async function each<T>(
  items: Iterable<T>,
  task: (item: T, signal: AbortSignal) => Promise<void>,
  outer?: AbortSignal,
): Promise<void> {
  const failing = new AbortController();
  const signal = outer === undefined ? failing.signal : AbortSignal.any([outer, failing.signal]);
  let first: { error: unknown } | undefined;
  const run = async (item: T) => {
    try {
      await task(item, signal);
    } catch (error) {
      first ??= { error };
      failing.abort(error);
    }
  };
  await Promise.all(Array.from(items, run));
  if (first !== undefined) throw first.error;
}
