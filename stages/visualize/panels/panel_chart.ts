/** Builds the charts of panels in the common look: as wide as there is room, with data that comes later. */
import type { PanelChart } from "../../../pipeline/report/panels/panel.ts";
import { series, themed } from "../charts/chart_theme.ts";

interface Drawn extends Omit<PanelChart, "spec"> {
  encoding: Record<string, unknown>;
  layer: Record<string, unknown>[];
}

/** A chart whose rows are the panel's set of that name. */
export function panelChart(name: string, { title, label, ...content }: Drawn): PanelChart {
  const { title: _, ...spec } = themed({ title, subtitle: "", description: label }, {
    data: { name },
    width: "container",
    height: 260,
    // Labels change with the data, and the whole keeps its size.
    autosize: { type: "fit", contains: "padding", resize: true },
    padding: 8,
    ...content,
  });
  return { title, label, spec };
}

/** Tells lines apart by colour and dash; the legend is narrow enough for 320 pixels. */
export function panelSeries(field: string, labels: readonly string[]) {
  const { color, strokeDash } = series(field, labels, { by: ["strokeDash"] });
  const narrow = (scale: typeof color) => ({
    ...scale,
    legend: { ...scale.legend, symbolSize: 200 },
  });
  return { color: narrow(color), ...(strokeDash && { strokeDash: narrow(strokeDash) }) };
}
