/**
 * vega, run when a chart first needs it: its source is in the page as text, and becomes a script whose
 * hash the page's policy names.
 */
/// <reference lib="dom" />
import type * as Vega from "vega";

let loaded: typeof Vega | undefined;

export function vega(): typeof Vega {
  if (loaded !== undefined) return loaded;
  const script = document.createElement("script");
  script.textContent = document.getElementById("library")!.textContent;
  document.head.append(script);
  loaded = (globalThis as unknown as { vega: typeof Vega }).vega;
  return loaded;
}
