/**
 * A chart drawn by vega into an element, with tooltips. Expressions are interpreted, as the page's policy allows none to
 * be compiled.
 */
/// <reference lib="dom" />
import type { Spec, View } from "vega";
import { pause } from "./pause.ts";
import { vega } from "./vega_library.ts";
import { showTooltip } from "./tooltip.ts";

/** Draws a specification of vega's; `label` is the picture's text alternative. */
export async function openView(spec: Spec, container: HTMLElement, label: string): Promise<View> {
  const library = await vega();
  // Its module takes functions from the library, so it is loaded after it.
  const { expressionInterpreter } = await import("vega-interpreter");
  await pause();
  const dataflow = library.parse(spec, undefined, { ast: true });
  await pause();
  const view = new library.View(dataflow, {
    expr: expressionInterpreter,
    renderer: "svg",
    container,
    hover: true,
    logLevel: library.Error,
    tooltip: (_handler: unknown, event: MouseEvent, _item: unknown, value: unknown) =>
      showTooltip(event, value),
  });
  try {
    await view.runAsync();
  } catch (error) {
    view.finalize();
    throw error;
  }
  const picture = container.querySelector("svg");
  picture?.setAttribute("role", "img");
  picture?.setAttribute("aria-label", label);
  // The whole is one picture with one label; its parts have none that would say more.
  picture?.querySelector(":scope > g")?.setAttribute("aria-hidden", "true");
  return view;
}
