/**
 * Brings a panel to life when it comes into view: compiles its modules, runs its script, draws its charts
 * and computes for the settings of its form. A panel that fails says so, and the rest of the page stays.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Spec } from "vega";
import type { Computation, Outcome, PackedPanel, PanelScript, Settings } from "../panels/panel.ts";
import { inView } from "./in_view.ts";
import { watchSettings } from "./panel_settings.ts";
import { openWork } from "./panel_work.ts";
import { unpack, unpackBytes } from "./unpack.ts";
import { libraries } from "./vega_library.ts";
import { openView } from "./view.ts";

export function showPanels(panels: Iterable<HTMLElement>): void {
  for (const panel of panels) {
    panel.hidden = false;
    inView(panel).then(() => open(panel)).catch((error: Error) => fail(panel, error));
  }
}

const within = <T extends HTMLElement>(panel: HTMLElement, selector: string): T =>
  panel.querySelector<T>(selector)!;

function fail(panel: HTMLElement, error: Error): void {
  panel.dataset.state = "failed";
  for (const part of panel.querySelectorAll<HTMLElement>(".controls, .pictures")) {
    part.hidden = true;
  }
  within(panel, ".finding").textContent = `This browser cannot compute here: ${error.message}.`;
  console.warn(`${panel.id}:`, error);
}

async function open(panel: HTMLElement): Promise<void> {
  const packed: PackedPanel = JSON.parse(await unpack(`${panel.id}:data`));
  const compute = await openScript(panel.id, packed);
  const charts = await openCharts(panel, packed);
  const work = openWork(compute, async (outcome, isAll) => {
    await charts(outcome);
    showValues(panel, outcome);
    if (!isAll) return;
    within(panel, ".finding").textContent = outcome.sentence;
    panel.dataset.state = "live";
  });
  const start = (settings: Settings) => {
    panel.dataset.state = "computing";
    work.start(settings).catch((error: Error) => fail(panel, error));
  };
  watchSettings(within<HTMLFormElement>(panel, "form"), (settings) => {
    if (typeof settings !== "string") return start(settings);
    work.stop();
    within(panel, ".finding").textContent = settings;
  });
  start(packed.initial);
}

/** Runs the panel's script, which sets a variable with what its module exports. */
async function openScript(id: string, { data, modules }: PackedPanel): Promise<Computation> {
  const compiled = modules.map(async (name) =>
    [name, await WebAssembly.compile(await unpackBytes(`${id}:module-${name}`))] as const
  );
  const script = document.createElement("script");
  script.textContent = await unpack(`${id}:script`);
  document.head.append(script);
  const { panel } = (globalThis as unknown as { faninPanel: { panel: PanelScript } }).faninPanel;
  return await panel.open(data, Object.fromEntries(await Promise.all(compiled)));
}

/** Draws the charts, and gives what shows an outcome in them. */
async function openCharts(panel: HTMLElement, { charts }: PackedPanel) {
  const { vegaLite } = await libraries();
  const views = await Promise.all(
    Object.entries(charts).map(async ([name, { spec, label }]) => {
      const place = within(panel, `[data-chart="${name}"]`);
      const compiled = vegaLite.compile(spec as never).spec as Spec;
      return [name, await openView(compiled, place, label)] as const;
    }),
  );
  return async ({ rows }: Outcome): Promise<void> => {
    // Copies, because vega marks the rows that it has.
    await Promise.all(
      views.map(([name, view]) =>
        view.data(name, rows[name].map((row) => ({ ...row }))).runAsync()
      ),
    );
  };
}

function showValues(panel: HTMLElement, { columns, values }: Outcome): void {
  const place = within(panel, ".values");
  const table = document.createElement("table");
  const caption = table.createCaption();
  caption.className = "unseen";
  caption.textContent = "Values for these settings";
  const head = table.createTHead().insertRow();
  head.append(...["", columns.measured, columns.predicted].map((text, i) => {
    const cell = document.createElement(i === 0 ? "td" : "th");
    if (cell instanceof HTMLTableCellElement && i > 0) cell.scope = "col";
    if (i > 0) cell.className = "number";
    cell.textContent = text;
    return cell;
  }));
  const body = table.createTBody();
  for (const { label, measured, predicted } of values) {
    const row = body.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = label;
    row.append(name);
    for (const text of [measured, predicted]) {
      const cell = row.insertCell();
      cell.className = "number";
      cell.textContent = text;
    }
  }
  place.replaceChildren(table);
}
