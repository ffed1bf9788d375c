/**
 * vega and Vega-Lite, run when a chart first needs them: their source is in the page as data, and becomes
 * a script whose hash the page's policy names. The live page has vega alone.
 */
/// <reference lib="dom" />
import type * as Vega from "vega";
import type * as VegaLite from "vega-lite";
import { unpack } from "./unpack.ts";

interface Libraries {
  vega: typeof Vega;
  vegaLite: typeof VegaLite;
}

async function load(): Promise<Libraries> {
  const script = document.createElement("script");
  script.textContent = await unpack("library");
  document.head.append(script);
  return globalThis as unknown as Libraries;
}

let loaded: Promise<Libraries> | undefined;

export const libraries = (): Promise<Libraries> => loaded ??= load();

export const vega = async (): Promise<typeof Vega> => (await libraries()).vega;
