/** Asks for the WebGPU adapter, whose driver then stays loaded in this process, and for the driver's version. */
import { driverVersion } from "./driver.ts";

/** Both null where there is no adapter. */
export interface Adapter {
  adapter: string | null;
  driver: string | null;
}

/** An adapter's name and whatever else it says of itself. */
const adapterName = (
  { vendor, architecture, device, description }: GPUAdapterInfo,
): string => [description, vendor, architecture, device].filter((part) => part !== "").join(", ");

/** Mesa complains on standard error where this is unset, and keeps nothing there. */
export function quietenMesa(): void {
  if (Deno.build.os === "linux" && Deno.env.get("XDG_RUNTIME_DIR") === undefined) {
    Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  }
}

/** Mesa's variable: the threads of a software adapter besides the one that has it compute. */
const mesaThreads = "LP_NUM_THREADS";

/** True if the user has set it. */
let isChosen: boolean | undefined;

/**
 * Sets on how many threads a software adapter of Mesa computes for devices that are opened later; by itself it takes
 * one for each core. A single one is the thread that has it compute, because waking another for each dispatch takes a
 * sixth of a training step. No number changes a result, and one that the user has chosen stays.
 *
 * The first call comes before any driver is loaded: the C library lets no thread add a variable while another reads
 * them.
 */
export function limitMesa(threads: number): void {
  isChosen ??= Deno.env.get(mesaThreads) !== undefined;
  if (!isChosen) Deno.env.set(mesaThreads, threads === 1 ? "0" : String(threads));
}

/** Takes about a third of a second. */
export async function adapterHere(): Promise<Adapter> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return { adapter: null, driver: null };
  return { adapter: adapterName(adapter.info), driver: driverVersion() };
}
