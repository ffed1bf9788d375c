/**
 * Sets the look of every chart: one font, one size, colours that colour-blind readers can distinguish
 * (Okabe and Ito, "Color Universal Design", 2008). Each colour has its own shape and dash,
 * so that grey print keeps series apart.
 */
import { chartSchema } from "../../../pipeline/formats/chart.ts";
import type { ChartSpec } from "../chart_outputs.ts";

/** The family name of the font that `render.ts` draws with. */
export const fontFamily = "Inter";

/** The font and its substitutes; `text_length.ts` keeps their letters within their room. */
const fontFamilies = `${fontFamily}, Helvetica, Arial, sans-serif`;

export const colours = {
  orange: "#e69f00",
  skyBlue: "#56b4e9",
  green: "#009e73",
  blue: "#0072b2",
  vermilion: "#d55e00",
  purple: "#cc79a7",
  grey: "#767676",
} as const;

/** From little to much, in blues that grow darker evenly; for counts. */
export const sequential = ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"];

/** Letters, axes and the assignment's values; what is behind them; lines of the grid. */
export const ink = "#222222";
export const paper = "#ffffff";
const faint = "#dddddd";

/** Pixels. */
export const width = 680;
const height = 340;

/** Letters in a line of the title and of the subtitle; more would be cut off. */
const lineLengths = { title: 98, subtitle: 130 };

/** Marks that charts have in common. */
export const marks = {
  /** A line that guides the eye and carries no data. */
  guide: { type: "rule", color: ink, strokeWidth: 1, strokeDash: [3, 3] },
  /** A circle with a hole: a value that is not taken. */
  hollow: { type: "point", filled: false, fill: paper, strokeWidth: 1.5 },
  /** The range that values are compared with. */
  band: { type: "area", color: colours.grey, opacity: 0.22 },
  note: { type: "text", fontSize: 12, color: ink },
} as const;

const config = {
  background: paper,
  // The description says it; every mark by itself would be noise, and a third of a picture's bytes.
  aria: false,
  font: fontFamilies,
  view: { stroke: null },
  title: {
    anchor: "start",
    frame: "bounds",
    fontSize: 15,
    fontWeight: 600,
    color: ink,
    offset: 10,
    lineHeight: 19,
    subtitlePadding: 4,
    subtitleColor: ink,
    subtitleFontSize: 12,
    subtitleLineHeight: 15,
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
  header: {
    labelFontSize: 12,
    labelColor: ink,
    labelFontWeight: 600,
    titleFontSize: 12,
    titleFontWeight: 400,
    titleColor: ink,
  },
  legend: {
    labelFontSize: 12,
    labelColor: ink,
    titleFontSize: 12,
    titleFontWeight: 400,
    titleColor: ink,
    orient: "bottom",
    symbolStrokeWidth: 2,
    labelLimit: 400,
  },
  line: { strokeWidth: 2 },
  rule: { color: ink },
  tick: { color: ink },
  point: { size: 60, opacity: 1 },
  text: { fontSize: 12, color: ink },
} as const;

/** A chart's texts. Its layers and encodings come from the chart's own file. */
export interface Chart {
  /** States the result. */
  title: string;
  subtitle: string;
  /** Text alternative for readers who do not see the chart: the values. */
  description: string;
}

/** Breaks a text between words into lines of at most `length` letters. */
function lines(text: string, length: number): string | string[] {
  const broken: string[] = [];
  for (const word of text.split(" ")) {
    const last = broken[broken.length - 1];
    if (last === undefined || last.length + 1 + word.length > length) broken.push(word);
    else broken[broken.length - 1] = `${last} ${word}`;
  }
  return broken.length === 1 ? text : broken;
}

/** A whole specification: the chart's content in the common look. */
export function themed(chart: Chart, content: Record<string, unknown>): ChartSpec {
  const composed = ["facet", "concat", "hconcat", "vconcat", "repeat"].some((key) =>
    key in content
  );
  return {
    $schema: chartSchema,
    description: chart.description,
    title: {
      text: lines(chart.title, lineLengths.title),
      subtitle: lines(chart.subtitle, lineLengths.subtitle),
    },
    ...(composed ? {} : { width, height }),
    padding: 16,
    config,
    ...content,
  } as unknown as ChartSpec;
}

/** Pixels of a small chart's plot. */
const small = { width: 250, height: 150 };

/** A chart of few words for the head of a page, in the common look. */
export function smallChart(
  chart: Pick<Chart, "title" | "description">,
  content: Record<string, unknown>,
): ChartSpec {
  return {
    $schema: chartSchema,
    description: chart.description,
    title: { text: chart.title, fontSize: 12, offset: 6 },
    ...small,
    padding: 4,
    config: { ...config, legend: { ...config.legend, symbolSize: 250, offset: 6 } },
    ...content,
  } as unknown as ChartSpec;
}

/** Says how pages resize a chart: as a picture, whose parts have fixed sizes, or in its width alone. */
export const resized = (how: "picture" | "width") => ({ usermeta: { resize: how } });

/** Channels that place a mark by pixels, from the top left corner. */
export const inPixels = (width: number, height: number) => ({
  x: { field: "x", type: "quantitative", axis: null, scale: { domain: [0, width], nice: false } },
  y: {
    field: "y",
    type: "quantitative",
    axis: null,
    scale: { domain: [0, height], nice: false, reverse: true },
  },
});

/** Panels in the order of their labels, which stand above them and may be `most` pixels wide. */
export const panelFacet = (labels: readonly string[], most: number) => ({
  field: "panel",
  type: "nominal",
  title: null,
  sort: labels,
  header: { labelAnchor: "start", labelLimit: most },
});

/** The channel of a few dimensions d in ascending order, with a tick at each. */
export const alongDimensions = (title: string, dimensions: readonly number[]) => ({
  field: "dimension",
  type: "quantitative",
  title,
  scale: {
    domain: [dimensions[0] - 0.1, dimensions[dimensions.length - 1] + 0.1],
    nice: false,
    zero: false,
  },
  axis: { values: dimensions, grid: false },
});

/** Distinguishes a series: by colour, and in grey print by shape or dash. */
interface Look {
  colour: string;
  shape: string;
  dash: number[];
}

/** Looks of measured series, in the order of their use. */
const looks: Look[] = [
  { colour: colours.blue, shape: "circle", dash: [1, 0] },
  { colour: colours.vermilion, shape: "square", dash: [7, 3] },
  { colour: colours.green, shape: "triangle-up", dash: [2, 2] },
  { colour: colours.orange, shape: "diamond", dash: [9, 3, 2, 3] },
  { colour: colours.purple, shape: "cross", dash: [4, 4] },
  { colour: colours.skyBlue, shape: "triangle-down", dash: [12, 3] },
];

/** Marks the assignment's values by a ring, so that a point inside it stays in sight. */
const ring = "M0,-1A1,1,0,1,1,0,1A1,1,0,1,1,0,-1ZM0,-0.75A0.75,0.75,0,1,0,0,0.75" +
  "A0.75,0.75,0,1,0,0,-0.75Z";
const ofReference: Look = { colour: ink, shape: ring, dash: [1, 0] };

/** Number of columns of a legend below a chart: all labels, or as many as fit at the longest's width. */
function columnsFor(labels: readonly string[]): number {
  const widths = labels.map((label) => label.length * 6.5 + 34);
  if (widths.reduce((sum, one) => sum + one, 0) <= width) return labels.length;
  return Math.max(1, Math.floor(width / Math.max(...widths)));
}

/**
 * Encodings that tell series apart, by the field that names them: colour, and shape or dash. The
 * assignment's, where there is one, comes last.
 */
export function series(
  field: string,
  labels: readonly string[],
  { reference, by }: { reference?: string; by: ("shape" | "strokeDash")[] },
) {
  if (labels.length > looks.length) {
    throw new RangeError(`expected at most ${looks.length} series, found ${labels.length}`);
  }
  const domain = reference === undefined ? labels : [...labels, reference];
  const used = [
    ...looks.slice(0, labels.length),
    ...(reference === undefined ? [] : [ofReference]),
  ];
  const scale = (range: unknown[]) => ({
    field,
    type: "nominal",
    title: null,
    scale: { domain, range },
    legend: {
      columns: columnsFor(domain),
      ...(by.includes("shape") ? {} : { symbolType: "stroke", symbolSize: 400 }),
    },
  });
  return {
    color: scale(used.map(({ colour }) => colour)),
    ...(by.includes("shape") ? { shape: scale(used.map(({ shape }) => shape)) } : {}),
    ...(by.includes("strokeDash") ? { strokeDash: scale(used.map(({ dash }) => dash)) } : {}),
  };
}

/** Labels of a logarithmic axis: "10⁻⁶"; values near 1 or between powers of ten as they are. */
export const powerOfTen = (() => {
  const digits = "['⁰','¹','²','³','⁴','⁵','⁶','⁷','⁸','⁹']";
  const exponent = "abs(round(log(datum.value) / LN10))";
  const isPower = "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-6";
  return `!(${isPower}) || datum.value > 0.005 && datum.value < 2000 ? format(datum.value, '~g') : ` +
    `'10' + (datum.value < 1 ? '⁻' : '') + ` +
    `(${exponent} > 9 ? ${digits}[floor(${exponent} / 10)] : '') + ${digits}[${exponent} % 10]`;
})();
