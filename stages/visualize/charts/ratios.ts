/** Draws measured over predicted values with their intervals, next to an equivalence margin. */
import type { ChartSpec } from "../chart_outputs.ts";
import { rounded, significant } from "./chart_numbers.ts";
import { type Chart, colours, ink, series, themed, width } from "./chart_theme.ts";

export interface Ratio {
  /** The panel that it belongs to. */
  group: string;
  /** Its line in the panel. */
  label: string;
  /** Kind, which colour and shape show. */
  kind: string;
  estimate: number;
  interval: { low: number; high: number };
}

interface Ratios extends Chart {
  axis: string;
  ratios: Ratio[];
  /** Every kind that there may be, so that one looks the same on all charts. */
  kinds: readonly string[];
  band: { low: number; high: number };
  /** Scale of the horizontal axis; logarithmic where ratios lie far apart. */
  scale: "linear" | "log";
  /** Pixels of a line. */
  step?: number;
}

/** In the order in which they first appear. */
const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];

export function ratiosChart(
  { axis, ratios, kinds, band, scale, step = 13, ...chart }: Ratios,
): ChartSpec {
  const groups = distinct(ratios.map(({ group }) => group));
  const longest = Math.max(...ratios.map(({ label }) => label.length));
  const look: Look = {
    width: Math.round(Math.max(360, Math.min(560, width - 6.3 * longest))),
    step,
    band,
    x: horizontal({ axis, ratios, band, scale }),
    ...series("kind", kinds, { by: ["shape"] }),
  };
  return themed(chart, {
    vconcat: groups.map((group, i) =>
      panel(
        group,
        ratios.filter((ratio) => ratio.group === group),
        look,
        i === groups.length - 1,
      )
    ),
    // Panels are aligned by their frames, whatever the length of their labels.
    bounds: "flush",
    spacing: 30,
  });
}

/** Properties that the panels of a chart share. */
interface Look {
  /** Pixels of a panel, and of a line in it. */
  width: number;
  step: number;
  band: Ratios["band"];
  x: ReturnType<typeof horizontal>;
  color: unknown;
  shape?: unknown;
}

/** The horizontal channel of a field; its labels stand below the last panel alone. */
function horizontal(
  { axis, ratios, band, scale }: Pick<Ratios, "axis" | "ratios" | "band" | "scale">,
) {
  const lows = [band.low, ...ratios.map(({ interval }) => interval.low)];
  const highs = [band.high, ...ratios.map(({ interval }) => interval.high)];
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  const room = (high - low) / 20;
  return (field: string, isLast: boolean) => ({
    field,
    type: "quantitative",
    title: isLast ? axis : null,
    scale: scale === "log"
      ? { type: "log", domain: [rounded(low / 1.1, 3), rounded(high * 1.1, 3)], nice: false }
      : { domain: [rounded(low - room), rounded(high + room)], nice: false, zero: false },
    axis: {
      ...(scale === "log"
        ? { values: [0.2, 0.5, 1, 2, 5, 10, 20], format: "~g" }
        : { tickCount: 7 }),
      labels: isLast,
      ticks: isLast,
    },
  });
}

function panel(
  group: string,
  rows: readonly Ratio[],
  { width, step, band, x, color, shape }: Look,
  isLast: boolean,
) {
  const labels = distinct(rows.map(({ label }) => label));
  return {
    title: { text: group, fontSize: 12, offset: 5, frame: "group" },
    width,
    height: labels.length * step,
    layer: [
      {
        data: { values: [band] },
        mark: { type: "rect", color: colours.grey, opacity: 0.2, tooltip: false },
        encoding: {
          x: x("low", isLast),
          x2: { field: "high" },
          y: { value: 0 },
          y2: { value: "height" },
        },
      },
      {
        data: { values: [{ one: 1 }] },
        mark: { type: "rule", color: ink, strokeWidth: 1 },
        encoding: { x: x("one", isLast) },
      },
      {
        data: {
          values: rows.map(({ label, kind, estimate, interval }) => ({
            label,
            kind,
            estimate: rounded(estimate),
            low: rounded(interval.low),
            high: rounded(interval.high),
          })),
        },
        encoding: {
          y: {
            field: "label",
            type: "nominal",
            title: null,
            sort: labels,
            axis: { labelLimit: 320, grid: true },
          },
          color,
          tooltip: [
            { field: "label", title: "condition" },
            { field: "kind", title: "kind" },
            { field: "estimate", type: "quantitative", format: ".4f" },
            { field: "low", type: "quantitative", format: ".4f" },
            { field: "high", type: "quantitative", format: ".4f" },
          ],
        },
        layer: [
          {
            mark: { type: "rule", strokeWidth: 1.5 },
            encoding: { x: x("low", isLast), x2: { field: "high" } },
          },
          {
            mark: { type: "point", filled: true, size: 36 },
            encoding: { x: x("estimate", isLast), shape },
          },
        ],
      },
    ],
  };
}

/** True if an interval lies within the margin. */
export const isInside = (
  interval: Ratio["interval"],
  band: Ratios["band"],
): boolean => interval.low >= band.low && interval.high <= band.high;

/** "3 %": an equivalence margin about 1. */
export const halfWidth = (epsilon: number): string => `${significant(100 * epsilon)} %`;

/** Says of lines with the same label how they differ, so that each has its own. */
export function withOwnLabels(ratios: readonly Ratio[]): Ratio[] {
  const seen = new Map<string, number>();
  const key = ({ group, label }: Ratio) => `${group}\n${label}`;
  const shared = new Set(
    ratios.map(key).filter((one, i, all) => all.indexOf(one) !== i),
  );
  return ratios.map((ratio) => {
    if (!shared.has(key(ratio))) return ratio;
    const label = `${ratio.label}, ${ratio.kind}`;
    const times = (seen.get(ratio.group + label) ?? 0) + 1;
    seen.set(ratio.group + label, times);
    return { ...ratio, label: times === 1 ? label : `${label} (${times})` };
  });
}

/** "All 43 intervals lie", "42 of 43 intervals lie". */
export function shareInside(ratios: readonly Ratio[], band: Ratios["band"]): string {
  const inside = ratios.filter(({ interval }) => isInside(interval, band)).length;
  return inside === ratios.length
    ? `All ${inside} intervals lie`
    : `${inside} of ${ratios.length} intervals lie`;
}
