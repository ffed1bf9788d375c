/**
 * Starts a worker thread. Loads zod by itself first, because Deno would check all of node_modules for each module
 * of the worker that imports it.
 */
const scope = self as unknown as { onmessage: (event: MessageEvent) => void };

/** Messages that arrive before the worker listens. */
const early: MessageEvent[] = [];
scope.onmessage = (event) => early.push(event);
await import("zod");
await import("./worker.ts");
for (const event of early) scope.onmessage(event);
