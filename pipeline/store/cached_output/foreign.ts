/** Runs code that is not the engine's, and watches it while a command is observed. */
import { isObserving } from "./observation.ts";

/** Loads or runs code that is not the engine's: the DAG, an experiment, a schema of parameters. */
export async function foreign<T>(work: () => T | Promise<T>): Promise<T> {
  if (!isObserving()) return await work();
  // Only a command whose output may be cached pays for loading this.
  const { watchForeign } = await import("./watch_deno.ts");
  return await watchForeign(work);
}
