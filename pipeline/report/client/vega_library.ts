/**
 * vega, run when a chart first needs it: its source is in the page as data, and becomes a script whose
 * hash the page's policy names.
 */
/// <reference lib="dom" />
import type * as Vega from "vega";
import { unpack } from "./unpack.ts";

async function load(): Promise<typeof Vega> {
  const script = document.createElement("script");
  script.textContent = await unpack("library");
  document.head.append(script);
  return (globalThis as unknown as { vega: typeof Vega }).vega;
}

let loaded: Promise<typeof Vega> | undefined;

export const vega = (): Promise<typeof Vega> => loaded ??= load();
