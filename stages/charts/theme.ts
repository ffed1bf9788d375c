/**
 * How every chart looks: one font, one size, colours that colour-blind readers can tell apart (Okabe
 * and Ito, "Color Universal Design", 2008). What a chart shows is in its own file.
 */
import { chartSchema, type ChartSpec } from "../artifacts/charts.ts";

/** The family name of the font that `render.ts` embeds. */
export const fontFamily = "Inter";

export const colours = {
  black: "#000000",
  orange: "#e69f00",
  skyBlue: "#56b4e9",
  green: "#009e73",
  blue: "#0072b2",
  vermilion: "#d55e00",
  purple: "#cc79a7",
} as const;

const ink = "#222222";
const faint = "#dddddd";

const config = {
  background: "#ffffff",
  font: fontFamily,
  view: { stroke: null },
  title: {
    anchor: "start",
    fontSize: 15,
    fontWeight: 600,
    color: ink,
    offset: 4,
    subtitlePadding: 4,
    subtitleColor: ink,
    subtitleFontSize: 12,
  },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 400,
    labelColor: ink,
    titleColor: ink,
    gridColor: faint,
    domainColor: ink,
    tickColor: ink,
  },
  legend: {
    labelFontSize: 12,
    title: null,
    orient: "bottom",
    symbolStrokeWidth: 2,
    columns: 3,
    labelLimit: 400,
  },
  line: { strokeWidth: 2 },
  point: { size: 60 },
} as const;

/** What a chart says of itself; its layers and encodings come from the chart's own file. */
interface Chart {
  /** States the finding. */
  title: string;
  subtitle: string;
  /** What a reader who does not see the chart needs to know. */
  description: string;
}

/** A whole specification: the chart's content in the common look. */
export function themed(chart: Chart, content: Record<string, unknown>): ChartSpec {
  return {
    $schema: chartSchema,
    description: chart.description,
    title: { text: chart.title, subtitle: chart.subtitle },
    width: 680,
    height: 340,
    padding: 16,
    config,
    ...content,
  } as unknown as ChartSpec;
}
