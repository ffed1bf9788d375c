/**
 * Loads the module of a worker thread, and zod by itself first: Deno would check all of node_modules for each module
 * of the worker that imports it.
 */
export async function loadWorker(load: () => Promise<unknown>): Promise<void> {
  const scope = self as unknown as { onmessage: (event: MessageEvent) => void };
  /** Messages that arrive before the module listens. */
  const early: MessageEvent[] = [];
  scope.onmessage = (event) => early.push(event);
  await import("zod");
  await load();
  for (const event of early) scope.onmessage(event);
}
