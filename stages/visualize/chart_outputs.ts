/** Declares a chart's three forms: its Vega-Lite specification, SVG and PNG. */
import type { TopLevelSpec } from "vega-lite";
import { bytes, text } from "../../pipeline/formats/bytes.ts";
import { chart, type chartSchema } from "../../pipeline/formats/chart.ts";
import type { ArtifactType } from "../../pipeline/formats/artifact_type.ts";

export type ChartSpec = TopLevelSpec & { $schema: typeof chartSchema };

/** The engine's chart, whose content is typed here. */
export const chartSpec = chart as ArtifactType<"vega-lite-spec", unknown> as ArtifactType<
  "vega-lite-spec",
  ChartSpec
>;
export const chartSvg = text("chart-svg", { mediaType: "image/svg+xml", extension: ".svg" });
export const chartPng = bytes("chart-png", { mediaType: "image/png", extension: ".png" });
