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

/** Takes about a third of a second. */
export async function adapterHere(): Promise<Adapter> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return { adapter: null, driver: null };
  return { adapter: adapterName(adapter.info), driver: driverVersion() };
}
